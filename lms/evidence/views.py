from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from lms.evidence.api import deliver_evidence
from lms.evidence.data import DeliveryRefused
from lms.evidence.refusals import explain_refusal
from lms.web.api import problem
from lms.web.data import FieldError


@csrf_exempt  # no cookie is looked at: the signature alone says who speaks
@require_POST
def deliver(request: HttpRequest, source: str) -> HttpResponse:
    """`POST /api/v1/evidence/{source}/`: 201 sealed, 200 known already, or a problem that names the rule."""
    try:
        receipt = deliver_evidence(
            source=source,
            capturer=request.headers.get("X-Capturer", ""),
            signature=request.headers.get("X-Signature", ""),
            body=request.body,
            now=timezone.now(),
        )
    except DeliveryRefused as refused:
        return _refusal(request, refused)
    return JsonResponse(
        {"evidence": str(receipt.evidence_id), "digest": receipt.digest, "created": receipt.created},
        status=201 if receipt.created else 200,
    )


def _refusal(request: HttpRequest, refused: DeliveryRefused) -> HttpResponse:
    errors = [FieldError(field="body", detail=refused.detail)] if refused.detail else []
    answer = problem(
        request,
        status=refused.status,
        code=refused.code,
        title=_("The evidence was not taken"),
        detail=explain_refusal(refused.code),
        errors=errors,
    )
    if refused.status == 401:
        answer["WWW-Authenticate"] = 'Signature realm="evidence"'
    return answer
