"""A decision as a plain JSON document in one language, for the API and for files."""

from __future__ import annotations

from typing import Any

from lms.lib.money import plain_yuan
from lms.subsidy.data import ClauseCheck, SubsidyDecision

_ANSWER = {True: "met", False: "not_met", None: "open"}


def decision_document(*, decision: SubsidyDecision, language: str) -> dict[str, Any]:
    """The whole answer: outcome, payee, amount with its formula, every clause, deadline, and what it rests on.

    Refs of other claims stay out: they are for their owner's eyes only.
    """
    assessment = decision.assessment
    return {
        "decision": decision.decision_id or None,
        "programme": decision.programme_code,
        "title": assessment.title.in_language(language),
        "outcome": decision.outcome.value,
        "payee_kind": decision.payee_kind.value,
        "payee": decision.payee_ref,
        "amount_fen": decision.amount_fen,
        "amount_yuan": plain_yuan(decision.amount_fen),
        "potential_fen": assessment.potential_fen,
        "deadline_on": decision.deadline_on.isoformat() if decision.deadline_on else None,
        "decided_at": decision.decided_at.isoformat(),
        "failed_clauses": list(assessment.failed_clauses),
        "open_clauses": list(assessment.open_clauses),
        "clauses": [_clause(check, language) for check in decision.clauses],
        "formula": [
            {
                "name": step.name,
                "code": step.code or None,
                "label": step.label.in_language(language),
                "shown": step.shown.in_language(language),
                "value": step.value,
                "unit": step.unit,
            }
            for step in decision.amount_steps
        ],
        "fund": assessment.fund or None,
        "pack": decision.pack_id,
        "version": decision.pack_version or None,
        "pack_digest": decision.pack_digest,
        "facts_digest": decision.facts_digest,
        "note": assessment.note.in_language(language),
    }


def _clause(check: ClauseCheck, language: str) -> dict[str, Any]:
    return {
        "code": check.code,
        "ref": check.ref,
        "title": check.title.in_language(language),
        "answer": _ANSWER[check.passed],
        "required": check.required.in_language(language),
        "observed": check.observed.in_language(language),
        "reason": check.reason.in_language(language),
        "fix": check.fix.in_language(language) if check.passed is not True else "",
        "test": check.test,
        "trace": [
            {"name": seen.name, "label": seen.label.in_language(language), "value": seen.value.in_language(language)}
            for seen in check.trace
        ],
    }
