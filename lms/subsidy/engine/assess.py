"""Stage 1 with words: the judged claim as an Assessment that a learner, a firm and an officer can read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lms.subsidy.data import (
    AmountStep,
    Assessment,
    ClauseCheck,
    SeenValue,
    SubsidyFacts,
    Text,
)
from lms.subsidy.engine.freeze import facts_digest, select_facts
from lms.subsidy.engine.judge import Judged, Verdict, judge, with_matches
from lms.subsidy.engine.pack import Pack, PackSet
from lms.subsidy.engine.templates import write_value

_PASSED = Text(zh="符合。", en="Met.")


def assess(pack_set: PackSet, programme: str, facts: SubsidyFacts, *, version: str | None = None) -> Assessment:
    """The policy's whole answer to one claim: every clause with required and observed values, amount, payee.

    Pure: the same packs, calendar and facts give the same answer for ever. Raises UnknownProgramme and FactError.
    """
    judged = judge(pack_set, programme, facts.values, facts.lines, version=version)
    return write_assessment(judged, facts, pack_set.calendar.table_digest)


def write_assessment(judged: Judged, facts: SubsidyFacts, calendar_digest: str) -> Assessment:
    """The sentences and references for a judged claim."""
    pack, scheme = judged.pack, judged.scheme
    return Assessment(
        programme=scheme.programme,
        title=scheme.title,
        outcome=judged.outcome,
        payee_kind=judged.payee_kind,
        payee_ref=judged.payee_ref,
        amount_fen=judged.amount_fen,
        potential_fen=judged.potential_fen,
        clauses=tuple(_check(verdict, judged) for verdict in judged.verdicts),
        amount_steps=_steps(judged),
        decided_by=scheme.decided_by,
        decided_on=judged.decided_on,
        deadline_on=judged.deadline_on,
        fund=scheme.fund,
        note=pack.note,
        pack_id=pack.pack_id,
        version=judged.version.version_id if judged.version else "",
        pack_digest=pack.pack_digest,
        facts_digest=facts_digest(select_facts(pack, scheme, facts), salt=facts.salt),
        calendar_digest=calendar_digest,
    )


def _check(verdict: Verdict, judged: Judged) -> ClauseCheck:
    clause, pack = verdict.clause, judged.pack
    scope = with_matches(verdict, judged.scope)
    missing = _missing(verdict, pack, scope)
    return ClauseCheck(
        code=clause.code,
        ref=clause.ref,
        title=clause.title,
        required=clause.required.write(scope, pack.words),
        observed=clause.observed.write(scope, pack.words),
        passed=verdict.passed,
        reason=_reason(verdict, pack, scope, missing),
        fix=clause.fix.write(scope, pack.words),
        test=clause.test.text if clause.test else "",
        trace=tuple(_seen(name, pack, scope) for name in clause.names),
        unknown=missing,
        conflicts=verdict.conflicts,
    )


def _reason(verdict: Verdict, pack: Pack, scope: Mapping[str, Any], missing: tuple[str, ...]) -> Text:
    """Refusal, or what is still awaited, in one sentence each ("条款 EO-01 未满足：要求 …，认定 …，差 …")."""
    clause = verdict.clause
    if verdict.passed:
        return _PASSED
    if verdict.passed is False:
        why = clause.why.write(scope, pack.words)
        return Text(zh=f"条款 {clause.code} 未满足：{why.zh}", en=f"Clause {clause.code} is not met: {why.en}")
    labels = [pack.facts[name].label for name in missing]
    zh = "、".join(label.zh for label in labels) or "相关信息"
    en = ", ".join(label.en for label in labels) or "the facts it needs"
    return Text(
        zh=f"条款 {clause.code} 待核实：尚未取得{zh}。", en=f"Clause {clause.code} is open: still waiting for {en}."
    )


def _missing(verdict: Verdict, pack: Pack, scope: Mapping[str, Any]) -> tuple[str, ...]:
    """The declared facts that an open clause waits for, also behind derived names."""
    if verdict.passed is not None:
        return ()
    names = set(verdict.clause.names)
    while waiting := names & pack.derived.keys():
        names -= waiting
        names |= {name for code in waiting for name in pack.derived[code].names}
    return tuple(sorted(name for name in names & pack.facts.keys() if scope.get(name) is None))


def _seen(name: str, pack: Pack, scope: Mapping[str, Any]) -> SeenValue:
    if name.startswith("p."):
        parameter = pack.parameters[name[2:]]
        label, kind, unit = parameter.label, parameter.kind, parameter.unit
    elif name in pack.facts:
        fact = pack.facts[name]
        label, kind, unit = fact.label, fact.kind, fact.unit
    else:
        label, kind, unit = Text(zh=name, en=name), pack.kinds[name], ""
    return SeenValue(name=name, label=label, value=write_value(scope.get(name), kind, unit, pack.words))


def _steps(judged: Judged) -> tuple[AmountStep, ...]:
    if judged.formula is None:
        return ()
    return tuple(
        AmountStep(
            name=step.name,
            code=step.code,
            label=step.label,
            shown=step.shown.write(judged.scope, judged.pack.words),
            formula=step.formula.text,
            unit=step.unit,
            value=judged.scope.get(step.name),
        )
        for step in judged.formula.steps
    )
