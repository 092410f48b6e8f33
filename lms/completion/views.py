from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.completion import api
from lms.completion.certificate import certificate_pdf, qr_svg
from lms.completion.data import CompletionRecord, Verification
from lms.completion.rules import is_record_number
from lms.db.api import public_keys
from lms.enrolment import api as enrolment
from lms.lib.localday import local_day
from lms.lib.periods import periods_text
from lms.web.api import person_id_of, person_required, problem, rate_limited


@require_http_methods(["GET", "POST"])
@rate_limited("verify-search", "20/m", key="ip")
def search(request: HttpRequest) -> HttpResponse:
    """The public door: a certificate's number and the last four characters of the ID number lead to its page."""
    context: dict[str, Any] = {"number": request.POST.get("number", ""), "error": ""}
    if request.method == "POST":
        record = _find_for_public(request.POST.get("number", ""), request.POST.get("last4", ""))
        if record:
            return redirect("completion:verify", code=record.verify_code)
        context["error"] = _("No record has this number together with these last four characters of the ID number.")
    return render(request, "completion/search.html", context, status=200 if not context["error"] else 404)


@require_GET
@rate_limited("verify", "120/m", key="ip", methods="GET")
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What anybody with the certificate's code may see, checked at this moment."""
    try:
        record = api.record_by_code(verify_code=code)
    except api.UnableToFindRecord:
        return render(
            request, "completion/search.html", {"error": _("No record has this code."), "number": ""}, status=404
        )
    verification = api.verify_record(record=record)
    context = {
        "verification": verification,
        "record": record,
        "hours": _hours(record),
        "checked_at": timezone.now(),
        "public_key": public_keys().get(record.key_id, ""),
    }
    return render(request, "completion/verify.html", context)


@require_GET
@person_required
def certificate(request: HttpRequest, record_no: str) -> HttpResponse:
    """The PDF certificate, for its holder and for those who stand behind the class."""
    record = _own_record(request, record_no)
    if record.revoked_at:
        return problem(
            request,
            status=410,
            code="record_revoked",
            title=_("This record no longer stands"),
            detail=_("It was revoked because the hours behind it changed. The statement of hours shows which."),
        )
    url = f"{settings.SITE_URL}/verify/{record.verify_code}/"
    answer = HttpResponse(certificate_pdf(record=record, verify_url=url), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{record.record_no}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_GET
@person_required
def mine(request: HttpRequest) -> HttpResponse:
    """The learner's certificate wallet."""
    enrolments = enrolment.enrolments_of(person_id=person_id_of(request))
    records = api.records_of(enrolment_ids=[item.enrolment_id for item in enrolments])
    cards = [
        {"record": record, "hours": _hours(record), "qr": qr_svg(f"{settings.SITE_URL}/verify/{record.verify_code}/")}
        for record in records.values()
    ]
    return render(request, "completion/mine.html", {"cards": cards})


@require_GET
@rate_limited("record-api", "60/m", key="ip", methods="GET")
def record_document(request: HttpRequest, record_no: str) -> HttpResponse:
    """Public verification as JSON: by number and `?last4=` of the ID number, or `?code=` from the QR; masked."""
    try:
        record = api.get_record(record_no=record_no.upper())
    except api.UnableToFindRecord:
        record = None
    code, last4 = request.GET.get("code", ""), request.GET.get("last4", "")
    if record is None or not (code == record.verify_code or _last4_fits(record, last4)):
        return problem(
            request,
            status=404,
            code="no_such_record",
            title=_("No such record"),
            detail=_("Give ?code= from the certificate, or ?last4= with the last four characters of the ID number."),
        )
    return JsonResponse(_document(api.verify_record(record=record)), json_dumps_params={"ensure_ascii": False})


@require_GET
def signing_keys(_request: HttpRequest) -> HttpResponse:
    """The platform's Ed25519 public keys, so that anybody can verify without us."""
    return JsonResponse({"algorithm": "Ed25519", "keys": public_keys()})


def _own_record(request: HttpRequest, record_no: str) -> CompletionRecord:
    try:
        record = api.get_record(record_no=record_no)
    except api.UnableToFindRecord as error:
        raise Http404 from error
    if record.learner_id != person_id_of(request) and not _stands_behind(person_id_of(request), record):
        raise Http404
    return record


def _stands_behind(person_id: int, record: CompletionRecord) -> bool:
    facts = enrolment.get_enrolment(enrolment_id=record.enrolment_id)
    run = enrolment.get_class_run(class_run_id=record.class_run_id)
    staff = [(run.provider_id, (Role.PROVIDER_ADMIN,)), (facts.employer_id, (Role.HR,))]
    if enrolment.is_officer_of(run, person_id=person_id, day=local_day(timezone.now())):
        return True
    return any(
        accounts.has_role(person_id=person_id, organisation_id=organisation_id, roles=roles)
        for organisation_id, roles in staff
        if organisation_id
    )


def _find_for_public(number: str, last4: str) -> CompletionRecord | None:
    if not is_record_number(number):
        return None
    try:
        record = api.get_record(record_no=number.strip().upper())
    except api.UnableToFindRecord:
        return None
    return record if _last4_fits(record, last4) else None


def _last4_fits(record: CompletionRecord, last4: str) -> bool:
    person = accounts.get_person(person_id=record.learner_id)
    return len(last4.strip()) == 4 and person.masked_id.endswith(last4.strip().upper())


def _hours(record: CompletionRecord) -> list[dict[str, object]]:
    return [
        {"mode": mode, "credited": periods_text(record.seconds.get(mode, 0)), "required": periods_text(seconds)}
        for mode, seconds in record.required.items()
        if seconds
    ]


def _document(verification: Verification) -> dict[str, object]:
    record = verification.record
    return {
        "record_no": record.record_no,
        "valid": verification.valid,
        "standing": verification.standing,
        "signature_valid": verification.signature_valid,
        "content_intact": verification.content_intact,
        "name": verification.masked_name,
        "holder_erased": verification.holder_erased,
        "course": record.title,
        "occupation": record.occupation_name,
        "provider": record.provider_name,
        "from": record.starts_on,
        "to": record.ends_on,
        "credited_seconds": dict(record.seconds),
        "issued_at": record.issued_at.isoformat(),
        "digest": record.digest,
        "signature": record.signature,
        "key_id": record.key_id,
        "ledger_head": {"seq": record.head_seq, "hash": record.head_hash},
    }
