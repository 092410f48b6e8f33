"""Bearer tokens for programs: POST user name and password, DELETE ends the token that asks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from lms.accounts.data import UnableToSignIn
from lms.accounts.signin import issue_token, revoke_token
from lms.accounts.words import words_for
from lms.web.api import client_facts, parse_json, problem, rate_limited


class TokenRequest(msgspec.Struct, forbid_unknown_fields=True):
    username: Annotated[str, msgspec.Meta(max_length=64)]
    password: Annotated[str, msgspec.Meta(max_length=128)]


@csrf_exempt
@never_cache
@sensitive_variables("asked")
@rate_limited("accounts.token", "30/m", key="ip")
@require_http_methods(["POST", "DELETE"])
def token(request: HttpRequest) -> HttpResponse:
    """A token in clear, once; or 401 with the same words whether or not the account exists."""
    now = timezone.now()
    if request.method == "DELETE":
        revoke_token(token=request.headers.get("Authorization", "").partition(" ")[2].strip(), now=now)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    asked = parse_json(request, TokenRequest)
    try:
        issued = issue_token(
            identifier=asked.username,
            password=asked.password,
            user_agent=client_facts(request).user_agent,
            now=now,
        )
    except UnableToSignIn as refused:
        return _refuse(request, refused)
    return JsonResponse(
        {"token": issued.token, "token_type": "Bearer", "expires_at": issued.expires_at.isoformat()},
        status=HTTPStatus.CREATED,
    )


def _refuse(request: HttpRequest, refused: UnableToSignIn) -> HttpResponse:
    locked = refused.code == "locked"
    answer = problem(
        request,
        status=HTTPStatus.TOO_MANY_REQUESTS if locked else HTTPStatus.UNAUTHORIZED,
        code="locked" if locked else "wrong_credentials",
        title=_("Not signed in"),
        detail=words_for(refused.faults[0]),
    )
    if locked:
        answer["Retry-After"] = str(max(1, refused.wait_seconds))
    return answer
