from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.claims import api
from lms.claims.data import (
    BatchState,
    ClaimBatchFacts,
    ClaimDraft,
    ClaimNotFound,
    UnableToReview,
    UnableToSubmit,
    Verdict,
)
from lms.claims.words import REVIEW_REFUSALS, STATE_TONES, SUBMIT_REFUSALS, line_reason, state_label
from lms.enrolment import api as enrolment
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.subsidy import api as subsidy
from lms.subsidy.data import SubsidyDecision
from lms.web.api import paginate, person_id_of, person_required, roles_required

_CODES_SHOWN = 3


@require_GET
@roles_required(Role.HR, Role.PROVIDER_ADMIN)
def mine(request: HttpRequest) -> HttpResponse:
    """The claims of the organisations this person acts for."""
    organisations = {
        item.organisation_id
        for item in accounts.roles_of(person_id=person_id_of(request))
        if item.role in (Role.HR, Role.PROVIDER_ADMIN)
    }
    page = paginate(request, [_row(batch) for batch in api.batches_for(organisation_ids=organisations)])
    return render(request, "claims/mine.html", {"page": page, "nav_active": "claims"})


@require_GET
@person_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """One claim: for its payee before and after submission, for an officer from submission on."""
    batch = _visible(request, number)
    now = timezone.now()
    draft = api.draft_for(number=number, now=now)
    officer = api.is_reviewer(person_id=person_id_of(request), batch=batch, day=local_day(now))
    context = {
        **_row(batch),
        "run": enrolment.get_class_run(class_run_id=batch.class_run_id),
        "payee": accounts.get_organisation(organisation_id=batch.payee_id) if batch.payee_id else None,
        "lines": _lines(draft),
        "excluded": _excluded(draft),
        "deadline_on": draft.deadline_on,
        "days_left": (draft.deadline_on - local_day(now)).days if draft.deadline_on else None,
        "events": _events(number),
        "may_submit": batch.state is BatchState.DRAFT and api.is_payee(person_id=person_id_of(request), batch=batch),
        "may_review": batch.state is BatchState.SUBMITTED and officer,
        "may_pay": batch.state is BatchState.APPROVED and officer,
        "steps": _steps(batch),
        "nav_active": "review" if officer else "claims",
    }
    return render(request, "claims/detail.html", context)


@require_POST
@person_required
def submit(request: HttpRequest, number: str) -> HttpResponse:
    """The payee submits the draft."""
    batch = _visible(request, number)
    if not api.is_payee(person_id=person_id_of(request), batch=batch):
        raise Http404
    try:
        done = api.submit(number=number, actor_id=person_id_of(request), now=timezone.now())
    except UnableToSubmit as error:
        messages.error(request, SUBMIT_REFUSALS[error.code])
        return redirect("claims:detail", number=number)
    if batch.state is BatchState.DRAFT:
        messages.success(request, _("Submitted. Receipt number: %(receipt)s") % {"receipt": done.receipt_no})
    else:
        words = _("This claim had been submitted already; nothing was sent a second time. Receipt number: %(receipt)s")
        messages.info(request, words % {"receipt": done.receipt_no})
    return redirect("claims:detail", number=number)


@require_GET
@roles_required(Role.OFFICER)
def queue(request: HttpRequest) -> HttpResponse:
    """Claims that wait for an officer of this district, first come first; the archive behind a filter."""
    archive = request.GET.get("show") == "decided"
    states = (BatchState.APPROVED, BatchState.REFUSED) if archive else (BatchState.SUBMITTED,)
    waiting = api.batches_to_review(states=states, officer_id=person_id_of(request), day=local_day(timezone.now()))
    page = paginate(request, [_row(batch) for batch in waiting])
    return render(request, "claims/queue.html", {"page": page, "archive": archive, "nav_active": "review"})


@require_POST
@roles_required(Role.OFFICER)
def review(request: HttpRequest, number: str) -> HttpResponse:
    """An officer approves or refuses the claim."""
    _visible(request, number)
    verdict = request.POST.get("verdict", "")
    if verdict not in list(Verdict):
        messages.error(request, _("Choose whether to approve or to refuse."))
        return redirect("claims:detail", number=number)
    try:
        api.review(
            number=number,
            officer_id=person_id_of(request),
            verdict=Verdict(verdict),
            reason=request.POST.get("reason", "")[:2000],
            now=timezone.now(),
        )
    except UnableToReview as error:
        messages.error(request, REVIEW_REFUSALS[error.code])
    else:
        messages.success(request, _("Your decision is on record. The applicant has been told."))
    return redirect("claims:detail", number=number)


@require_POST
@roles_required(Role.OFFICER)
def payment_file(request: HttpRequest, number: str) -> HttpResponse:
    """The CSV by which the approved claim is paid; each hand-out is logged."""
    _visible(request, number)
    try:
        content = api.payment_file(number=number, officer_id=person_id_of(request), now=timezone.now())
    except UnableToReview as error:
        messages.error(request, REVIEW_REFUSALS[error.code])
        return redirect("claims:detail", number=number)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{number}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _visible(request: HttpRequest, number: str) -> ClaimBatchFacts:
    try:
        batch = api.get_batch(number=number)
    except ClaimNotFound as error:
        raise Http404 from error
    person_id = person_id_of(request)
    seen_by_officer = api.is_reviewer(person_id=person_id, batch=batch, day=local_day(timezone.now()))
    if not seen_by_officer and not api.is_payee(person_id=person_id, batch=batch):
        raise Http404
    return batch


def _row(batch: ClaimBatchFacts) -> dict[str, Any]:
    run = enrolment.get_class_run(class_run_id=batch.class_run_id)
    payee = accounts.get_organisation(organisation_id=batch.payee_id) if batch.payee_id else None
    return {
        "batch": batch,
        "total": grouped_yuan(batch.total_fen),
        "state_label": state_label(batch.state),
        "tone": STATE_TONES[batch.state],
        "class_title": run.title,
        "payee_name": payee.name if payee else "",
        "programme": subsidy.programme_title(programme_code=batch.programme_code, language=get_language() or "zh-hans"),
    }


def _lines(draft: ClaimDraft) -> list[dict[str, Any]]:
    people = accounts.get_people(person_ids=[line.person_id for line in draft.lines])
    return [
        {
            "line": line,
            "person": people[line.person_id],
            "amount": grouped_yuan(line.amount_fen),
            "reason": line_reason(line.reason),
        }
        for line in draft.lines
    ]


def _excluded(draft: ClaimDraft) -> list[dict[str, Any]]:
    people = accounts.get_people(person_ids=[item.person_id for item in draft.excluded])
    return [
        {
            "person": people[item.person_id],
            "enrolment_id": item.enrolment_id,
            "clauses": clauses,
            "more": max(0, len(clauses) - _CODES_SHOWN),
        }
        for item in draft.excluded
        for clauses in (_open_clauses(item.decision),)
    ]


def _open_clauses(decision: SubsidyDecision) -> list[dict[str, Any]]:
    """The clauses that keep somebody out, each with what to do about it."""
    language = get_language() or "zh-hans"
    return [
        {
            "code": check.code,
            "reason": check.reason.in_language(language),
            "fix": subsidy.what_to_do(check=check, programme_code=decision.programme_code, language=language),
            "waiting": check.passed is None,
        }
        for check in decision.clauses
        if check.passed is not True
    ]


def _events(number: str) -> list[dict[str, Any]]:
    labels = {
        "submitted": _("Submitted"),
        "approved": _("Approved"),
        "refused": _("Refused"),
        "payment_file": _("Payment file handed out"),
    }
    events = api.events_of(number=number)
    actors = accounts.get_people(person_ids=[event.actor_id for event in events if event.actor_id])
    return [
        {
            "label": labels.get(event.action, event.action),
            "at": event.at,
            "who": actors[event.actor_id].name if event.actor_id else "",
            "note": event.note,
        }
        for event in events
    ]


def _steps(batch: ClaimBatchFacts) -> list[dict[str, Any]]:
    order = [BatchState.DRAFT, BatchState.SUBMITTED, BatchState.APPROVED]
    at = order.index(batch.state) if batch.state in order else 2
    labels = [_("Draft"), _("Under review"), _("Refused") if batch.state is BatchState.REFUSED else _("Approved")]
    dates = [batch.created_at, batch.submitted_at, batch.decided_at]
    return [
        {"label": label, "state": _step_state(index, at, batch.state), "on": local_day(when) if when else None}
        for index, (label, when) in enumerate(zip(labels, dates, strict=True))
    ]


def _step_state(index: int, at: int, state: BatchState) -> str:
    if index == at:
        return "bad" if state is BatchState.REFUSED else "done" if state is BatchState.APPROVED else "now"
    return "done" if index < at else ""
