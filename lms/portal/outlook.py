"""What the policy says to one enrolment today, and the stored decision where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from lms.accounts import api as accounts
from lms.claims import api as claims
from lms.completion import api as completion
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.subsidy import api as subsidy
from lms.subsidy.data import ClauseCheck, EarlierLine, LineStatus, Outcome, PayeeKind, SubsidyDecision


def outlook_for(*, enrolment_id: int, learner_id: int, now: datetime) -> list[dict[str, Any]]:
    """One card per programme that could pay: conditions missing, waiting and met, amount, payee, deadline."""
    others = claims.lines_of(person_id=learner_id)
    answers = subsidy.preview(enrolment_id=enrolment_id, other_lines=others, now=now)
    completed = completion.record_for(enrolment_id=enrolment_id) is not None
    lines = {line.programme: line for line in others}
    return [_card(answer, enrolment_id, now, completed=completed, lines=lines) for answer in answers]


def _card(
    answer: SubsidyDecision, enrolment_id: int, now: datetime, *, completed: bool, lines: Mapping[str, EarlierLine]
) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    stored = subsidy.decision_for(enrolment_id=enrolment_id, programme=answer.programme_code)
    potential = answer.assessment.potential_fen
    told = partial(_condition, programme_code=answer.programme_code, language=language)
    return {
        "programme": answer.programme_code,
        "title": answer.assessment.title.in_language(language),
        "personal": answer.payee_kind is PayeeKind.PERSON,
        "payee": _payee(answer),
        "amount": grouped_yuan(potential) if potential is not None else "",
        "ready": answer.outcome is Outcome.APPROVE,
        "deadline_on": answer.deadline_on,
        "days_left": (answer.deadline_on - local_day(now)).days if answer.deadline_on else None,
        "missing": [told(check) for check in answer.clauses if check.passed is False],
        "waiting": [told(check) for check in answer.clauses if check.passed is None],
        "met": [told(check) for check in answer.clauses if check.passed is True],
        "total": len(answer.clauses),
        "decision_id": stored.decision_id if stored else None,
        "steps": _steps(answer, completed=completed, line=lines.get(answer.programme_code)),
    }


def _steps(answer: SubsidyDecision, *, completed: bool, line: EarlierLine | None) -> list[dict[str, Any]]:
    """Learn, certificate or completion, claim, payment: where this money stands."""
    claimed = line is not None and line.status in (LineStatus.PENDING, LineStatus.PAID)
    paid = line is not None and line.status is LineStatus.PAID
    proven = answer.outcome is Outcome.APPROVE if answer.payee_kind is PayeeKind.PERSON else completed
    done = [completed, proven, claimed, paid]
    second = _("Certificate") if answer.payee_kind is PayeeKind.PERSON else _("Completed")
    labels = [_("Learn"), second, pgettext("step", "Claim"), _("Paid out")]
    here = next((place for place, is_done in enumerate(done) if not is_done), len(done))
    return [
        {"label": label, "state": "done" if place < here else "now" if place == here else ""}
        for place, label in enumerate(labels)
    ]


def _condition(check: ClauseCheck, *, programme_code: str, language: str) -> dict[str, Any]:
    return {
        "title": check.title.in_language(language),
        "required": check.required.in_language(language),
        "observed": check.observed.in_language(language),
        "fix": subsidy.what_to_do(check=check, programme_code=programme_code, language=language),
        "code": check.code,
    }


def _payee(answer: SubsidyDecision) -> str:
    if answer.payee_kind is PayeeKind.PERSON:
        return _("you yourself")
    if answer.payee_id is None:
        return ""
    return accounts.get_organisation(organisation_id=answer.payee_id).name
