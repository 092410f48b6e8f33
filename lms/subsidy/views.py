from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunFacts
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.subsidy import api
from lms.subsidy.data import AmountStep, ClauseCheck, DecisionNotFound, EvidenceRef, Outcome, PayeeKind, SubsidyDecision
from lms.web.api import paginate, person_id_of, person_required

_STATES = {True: "met", False: "missing", None: "waiting"}
_TONES = {
    Outcome.APPROVE: "ok",
    Outcome.SETTLE: "ok",
    Outcome.HOLD: "warn",
    Outcome.REFUSE: "bad",
    Outcome.CLAWBACK: "bad",
    Outcome.NOT_IN_FORCE: "plain",
}


@require_GET
@person_required
def decision(request: HttpRequest, decision_id: int) -> HttpResponse:
    """One decision in full, for the learner, the payee, the employer and an officer; it fits a printed page."""
    found, own = _visible(request, decision_id)
    language = get_language() or "zh-hans"
    now = timezone.now()
    replay = api.replay_decision(decision_id=decision_id)
    context: dict[str, Any] = {
        "shell": "shell/phone.html" if own else "shell/desk.html",
        "back_url": "/home/" if own else "",
        "nav_active": "review",
        "decision": found,
        "title": found.assessment.title.in_language(language),
        "note": found.assessment.note.in_language(language),
        "person": accounts.get_person(person_id=found.learner_id),
        "own": own,
        "run": _run(found),
        "outcome": outcome_label(found.outcome),
        "tone": _TONES[found.outcome],
        "amount": grouped_yuan(found.amount_fen),
        "potential": _money(found.assessment.potential_fen),
        "payee": _payee(found, own=own),
        "clauses": [_clause(check, language) for check in sorted(found.clauses, key=_urgency)],
        "missing": [
            _condition(check, found.programme_code, language, own=own)
            for check in found.clauses
            if check.passed is False
        ],
        "waiting": [
            _condition(check, found.programme_code, language, own=own)
            for check in found.clauses
            if check.passed is None
        ],
        "met": sum(check.passed is True for check in found.clauses),
        "open": sum(check.passed is None for check in found.clauses),
        "failed": sum(check.passed is False for check in found.clauses),
        "steps": [_step(step, language) for step in found.amount_steps],
        "days_left": _days_left(found.deadline_on, local_day(now)),
        "identical": replay.identical,
        "erased": replay.erased,
        "evidence": _evidence(api.evidence_of(decision_id=decision_id)),
        "later_id": _later(found),
    }
    return render(request, "subsidy/decision.html", context)


@require_GET
@person_required
def mine(request: HttpRequest) -> HttpResponse:
    """The decisions about the caller that hold now, newest first."""
    language = get_language() or "zh-hans"
    page = paginate(request, api.decisions_about(person_id=person_id_of(request)))
    page = replace(
        page,
        items=[
            {
                "decision_id": item.decision_id,
                "title": item.assessment.title.in_language(language),
                "decided_at": item.decided_at,
                "amount": grouped_yuan(item.amount_fen),
                "outcome": outcome_label(item.outcome),
                "tone": _TONES[item.outcome],
            }
            for item in page.items
        ],
    )
    return render(request, "subsidy/mine.html", {"page": page, "back_url": "/home/"})


@require_GET
@person_required
def decision_api(request: HttpRequest, decision_id: int) -> HttpResponse:
    """The same decision as a JSON document."""
    found, _own = _visible(request, decision_id)
    document = api.decision_document(decision=found, language=get_language() or "zh-hans")
    return JsonResponse(document, json_dumps_params={"ensure_ascii": False})


def outcome_label(outcome: Outcome) -> str:
    """What the outcome is called."""
    return {
        Outcome.APPROVE: pgettext("decision", "Approved"),
        Outcome.REFUSE: pgettext("decision", "Refused"),
        Outcome.HOLD: pgettext("decision", "On hold, waiting for facts"),
        Outcome.SETTLE: pgettext("decision", "Settlement"),
        Outcome.CLAWBACK: pgettext("decision", "To be paid back"),
        Outcome.NOT_IN_FORCE: pgettext("decision", "No policy in force on the deciding date"),
    }[outcome]


def _visible(request: HttpRequest, decision_id: int) -> tuple[SubsidyDecision, bool]:
    """The decision, and whether it is the caller's own; 404 for everybody who is not concerned."""
    person_id = person_id_of(request)
    try:
        found = api.get_decision(decision_id=decision_id)
    except (DecisionNotFound, OverflowError) as error:
        raise Http404 from error
    if found.learner_id == person_id:
        return found, True
    if _is_concerned_officer(person_id, found) or _acts_for_a_party(person_id, found):
        return found, False
    raise Http404


def _is_concerned_officer(person_id: int, found: SubsidyDecision) -> bool:
    """Whether the person is an officer of the district in which the class is filed."""
    run = _run(found)
    return run is not None and enrolment.is_officer_of(run, person_id=person_id, day=local_day(timezone.now()))


def _acts_for_a_party(person_id: int, found: SubsidyDecision) -> bool:
    """Whether the person is the personnel officer or administrator of the payee or of the learner's employer."""
    if found.enrolment_id is None:
        return False
    facts = enrolment.get_enrolment(enrolment_id=found.enrolment_id)
    parties = {found.payee_id, facts.employer_id} - {None}
    return any(
        accounts.has_role(person_id=person_id, organisation_id=party, roles=(Role.HR, Role.PROVIDER_ADMIN))
        for party in parties
        if party is not None
    )


def _run(found: SubsidyDecision) -> ClassRunFacts | None:
    return enrolment.get_class_run(class_run_id=found.class_run_id) if found.class_run_id is not None else None


def _later(found: SubsidyDecision) -> int | None:
    """The decision that replaced this one, if any did."""
    if found.enrolment_id is None:
        return None
    newest = api.decision_for(enrolment_id=found.enrolment_id, programme=found.programme_code)
    return newest.decision_id if newest and newest.decision_id != found.decision_id else None


def _money(fen: int | None) -> str:
    return "" if fen is None else grouped_yuan(fen)


def _days_left(deadline_on: date | None, today: date) -> int | None:
    return (deadline_on - today).days if deadline_on else None


def _payee(found: SubsidyDecision, *, own: bool) -> str:
    if found.payee_kind in (PayeeKind.PERSON, PayeeKind.MENTOR):
        return _("you yourself") if own else _("the person")
    if found.payee_id is None:
        return ""
    return accounts.get_organisation(organisation_id=found.payee_id).name


def _clause(check: ClauseCheck, language: str) -> dict[str, str]:
    return {
        "code": check.code,
        "ref": check.ref,
        "title": check.title.in_language(language),
        "required": check.required.in_language(language),
        "observed": check.observed.in_language(language),
        "state": _STATES[check.passed],
    }


def _condition(check: ClauseCheck, programme: str, language: str, *, own: bool) -> dict[str, str]:
    """A clause that stands in the way: why, and what to do. Other claims are named to their owner only."""
    remedy = api.what_to_do(check=check, programme_code=programme, language=language)
    parts = [check.reason.in_language(language), remedy]
    if own and check.conflicts:
        parts.append(_("See claim %(claims)s.") % {"claims": ", ".join(check.conflicts)})
    return {"title": f"{check.code} {check.title.in_language(language)}", "detail": " ".join(parts)}


def _urgency(check: ClauseCheck) -> int:
    """What is missing first, then what is open, then what is met; the pack's order within each."""
    return {False: 0, None: 1, True: 2}[check.passed]


def _step(step: AmountStep, language: str) -> dict[str, str]:
    return {
        "label": step.label.in_language(language),
        "shown": step.shown.in_language(language),
        "code": step.code,
    }


def _evidence(refs: tuple[EvidenceRef, ...]) -> list[dict[str, str]]:
    names = {
        "completion_record": _("Completion record"),
        "ledger": _("Ledger entry"),
        "filing": _("Class filing"),
        "curriculum": _("Teaching plan"),
    }
    return [{"name": names.get(ref.kind, ref.kind), "ref": ref.ref, "digest": ref.digest} for ref in refs]
