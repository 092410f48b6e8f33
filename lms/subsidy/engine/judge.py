"""Stage 1 without words: every clause of a scheme evaluated on one claim's facts, and the amount worked out.

`assess` puts the words to it; bulk runs use it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.subsidy.data import EarlierLine, FactError, FactValue, Outcome, PayeeKind
from lms.subsidy.engine.functions import CALENDAR
from lms.subsidy.engine.pack import (
    ALREADY_PAID,
    MATCHES,
    Clause,
    DatedFormula,
    Limit,
    Pack,
    PackSet,
    Scheme,
    Version,
)
from lms.subsidy.engine.sections import check_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one clause came out; `least` and `most` bound the earlier lines that a limit counted."""

    clause: Clause
    passed: bool | None
    least: int = 0
    most: int = 0
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One claim, judged: `scope` holds every value that the formulas saw."""

    pack: Pack
    scheme: Scheme
    version: Version | None
    decided_on: date | None
    scope: Mapping[str, Any]
    verdicts: tuple[Verdict, ...]
    formula: DatedFormula | None
    outcome: Outcome
    payee_kind: PayeeKind
    payee_ref: str | None
    amount_fen: int
    potential_fen: int | None
    deadline_on: date | None


def judge(
    pack_set: PackSet,
    programme: str,
    values: Mapping[str, FactValue],
    lines: Sequence[EarlierLine] = (),
    *,
    version: str | None = None,
) -> Judged:
    """The claim, judged by every clause of its programme.

    `version` forces a version of the pack whatever the deciding date. Raises UnknownProgramme, and FactError for a
    fact that the pack does not declare or a value of the wrong type.
    """
    pack = pack_set.pack_for(programme)
    scheme = pack.schemes[programme]
    facts = _checked(pack, values)
    decided_on: date | None = facts[scheme.decided_by]
    version_in_force, day = _version(scheme, decided_on, facts, version)
    if version_in_force is None or day is None:
        return _without_version(pack, scheme, decided_on, facts)
    fixed = {"programme": programme, "decided_on": decided_on, CALENDAR: pack_set.calendar}
    scope = _scope(scheme, {**pack.parameters_on(day), **facts, **fixed})
    verdicts = tuple(_verdict(clause, scope, lines) for clause in scheme.clauses)
    formula = scheme.formula_on(day)
    potential = _amount(formula, scope)
    kind, ref, payee_known = _payee(scheme, scope)
    answers = [verdict.passed for verdict in verdicts]
    failed = False in answers
    unsure = None in answers or potential is None or decided_on is None or not payee_known
    outcome, amount = _settled(scheme, facts, potential, failed=failed, unsure=unsure)
    return Judged(
        pack=pack,
        scheme=scheme,
        version=version_in_force,
        decided_on=decided_on,
        scope=scope,
        verdicts=verdicts,
        formula=formula,
        outcome=outcome,
        payee_kind=kind,
        payee_ref=ref,
        amount_fen=amount,
        potential_fen=potential,
        deadline_on=scheme.deadline.run(scope) if scheme.deadline else None,
    )


def _checked(pack: Pack, values: Mapping[str, FactValue]) -> dict[str, Any]:
    facts: dict[str, Any] = dict(pack.unknown_facts)
    kinds = pack.kinds
    for name, value in values.items():
        if name not in facts:
            raise FactError(f"{name!r} is not a fact of {pack.pack_id}")
        if value is not None:
            wrong = check_fact(value, kinds[name])
            if wrong:
                raise FactError(f"{name} {wrong}")
            facts[name] = value
    return facts


def _version(
    scheme: Scheme, decided_on: date | None, facts: Mapping[str, Any], forced: str | None
) -> tuple[Version | None, date | None]:
    """The version, and the day on which its parameters are read.

    Before the deciding date is known the claim is looked at as if it were decided on the day it is judged.
    """
    if forced is not None:
        for version in scheme.in_force:
            if version.version_id == forced:
                day = max(decided_on or version.from_on, version.from_on)
                return version, day if version.to_on is None else min(day, version.to_on)
        return None, None
    looked_at: date | None = decided_on or facts.get("judged_on") or facts.get("submitted_on")
    return (None, None) if looked_at is None else (scheme.version_on(looked_at), looked_at)


def _without_version(pack: Pack, scheme: Scheme, decided_on: date | None, facts: Mapping[str, Any]) -> Judged:
    return Judged(
        pack=pack,
        scheme=scheme,
        version=None,
        decided_on=decided_on,
        scope=facts,
        verdicts=(),
        formula=None,
        outcome=Outcome.HOLD if decided_on is None else Outcome.NOT_IN_FORCE,
        payee_kind=PayeeKind.NONE,
        payee_ref=None,
        amount_fen=0,
        potential_fen=None,
        deadline_on=None,
    )


def _scope(scheme: Scheme, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope with every derived name worked out in the pack's order."""
    for name, expression in scheme.derived:
        scope[name] = expression.run(scope)
    return scope


def _verdict(clause: Clause, scope: dict[str, Any], lines: Sequence[EarlierLine]) -> Verdict:
    passed = True if clause.test is None else clause.test.run(scope)
    if clause.limit is None:
        return Verdict(clause=clause, passed=passed)
    return count_lines(clause, clause.limit, passed, scope, lines)


def count_lines(
    clause: Clause, limit: Limit, passed: bool | None, scope: dict[str, Any], lines: Sequence[EarlierLine]
) -> Verdict:
    """The verdict of a clause with a limit. A line that may or may not match makes the count uncertain, not zero."""
    least = most = 0
    conflicts: list[str] = []
    for line in lines:
        if line.programme not in limit.programmes:
            continue
        matches = limit.where.run({**scope, **line_scope(line)})
        if matches is not False:
            most += 1
            least += matches is True
            conflicts.append(line.line_ref)
    ceiling = limit.at_most.run(scope)
    within = None if ceiling is None else True if most <= ceiling else False if least > ceiling else None
    if passed is True or within is False:
        passed = within
    return Verdict(
        clause=clause,
        passed=passed,
        least=least,
        most=most,
        conflicts=() if within is True else tuple(sorted(conflicts)),
    )


def line_scope(line: EarlierLine) -> dict[str, Any]:
    """The names under which a limit's formula sees one earlier line."""
    return {
        "line.programme": line.programme,
        "line.status": line.status.value,
        "line.submitted_on": line.submitted_on,
        "line.occupation": line.occupation,
        "line.level": line.level,
        "line.project": line.project,
        "line.class_start_on": line.class_start_on,
        "line.class_end_on": line.class_end_on,
        "line.shortage": line.shortage,
        "line.evidence": line.evidence,
    }


def with_matches(verdict: Verdict, scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scope in which a clause's sentences are written: with the count of matching lines where it has a limit."""
    if verdict.clause.limit is None:
        return scope
    return {**scope, MATCHES: verdict.most if verdict.least == verdict.most else None}


def _amount(formula: DatedFormula | None, scope: dict[str, Any]) -> int | None:
    """Works out every step into the scope. A scheme without a formula pays nothing: its amount is 0."""
    if formula is None:
        return 0
    value: int | None = None
    for step in formula.steps:
        value = step.formula.run(scope)
        scope[step.name] = value
    return value


def _payee(scheme: Scheme, scope: Mapping[str, Any]) -> tuple[PayeeKind, str | None, bool]:
    """Kind and reference of the one payee, and whether both are known."""
    kind = scheme.payee_kind.run(scope)
    ref = scheme.payee_ref.run(scope) if scheme.payee_ref else None
    if kind is None:
        return PayeeKind.NONE, None, False
    return PayeeKind(kind), ref, ref is not None or scheme.payee_ref is None


def _settled(
    scheme: Scheme, facts: Mapping[str, Any], potential: int | None, *, failed: bool, unsure: bool
) -> tuple[Outcome, int]:
    """The outcome and what it moves, seen beside what was already paid for the same claim."""
    paid = facts.get(ALREADY_PAID) or 0
    if failed:
        return (Outcome.CLAWBACK, -paid) if paid > 0 else (Outcome.REFUSE, 0)
    if unsure or potential is None:
        return Outcome.HOLD, 0
    due = potential - paid
    if due < 0:
        return Outcome.CLAWBACK, due
    return (Outcome.SETTLE if scheme.settles else Outcome.APPROVE), due
