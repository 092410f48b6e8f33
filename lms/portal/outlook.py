"""What the policy says to one enrolment today, and the stored decision where there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lms.accounts import api as accounts
from lms.claims import api as claims
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.subsidy import api as subsidy
from lms.subsidy.data import ClauseCheck, Outcome, PayeeKind, SubsidyDecision


def outlook_for(*, enrolment_id: int, learner_id: int, now: datetime) -> list[dict[str, Any]]:
    """One card per programme that could pay: conditions missing, waiting and met, amount, payee, deadline."""
    answers = subsidy.preview(enrolment_id=enrolment_id, other_lines=claims.lines_of(person_id=learner_id), now=now)
    return [_card(answer, enrolment_id, now) for answer in answers]


def _card(answer: SubsidyDecision, enrolment_id: int, now: datetime) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    stored = subsidy.decision_for(enrolment_id=enrolment_id, programme=answer.programme_code)
    potential = answer.assessment.potential_fen
    return {
        "programme": answer.programme_code,
        "title": answer.assessment.title.in_language(language),
        "personal": answer.payee_kind is PayeeKind.PERSON,
        "payee": _payee(answer),
        "amount": grouped_yuan(potential) if potential is not None else "",
        "ready": answer.outcome is Outcome.APPROVE,
        "deadline_on": answer.deadline_on,
        "days_left": (answer.deadline_on - local_day(now)).days if answer.deadline_on else None,
        "missing": [_condition(check, language) for check in answer.clauses if check.passed is False],
        "waiting": [_condition(check, language) for check in answer.clauses if check.passed is None],
        "met": [_condition(check, language) for check in answer.clauses if check.passed is True],
        "total": len(answer.clauses),
        "decision_id": stored.decision_id if stored else None,
    }


def _condition(check: ClauseCheck, language: str) -> dict[str, Any]:
    required, observed = check.required.in_language(language), check.observed.in_language(language)
    detail = _("Required %(required)s, now %(observed)s") % {"required": required, "observed": observed}
    if check.passed is not True and check.fix.in_language(language):
        detail = f"{detail}。{check.fix.in_language(language)}"
    return {"title": check.title.in_language(language), "detail": detail, "code": check.code}


def _payee(answer: SubsidyDecision) -> str:
    if answer.payee_kind is PayeeKind.PERSON:
        return _("you yourself")
    if answer.payee_id is None:
        return ""
    return accounts.get_organisation(organisation_id=answer.payee_id).name
