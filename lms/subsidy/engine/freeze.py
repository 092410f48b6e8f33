"""Facts and assessments as plain JSON values: what is stored with a decision and what its digests stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from lms.lib.canonical import JSONValue, canonical_bytes, commitment, digest
from lms.subsidy.data import (
    AmountStep,
    Assessment,
    ClauseCheck,
    EarlierLine,
    EvidenceRef,
    FactError,
    FactValue,
    LineStatus,
    Outcome,
    PayeeKind,
    SeenValue,
    SubsidyFacts,
    Text,
)
from lms.subsidy.engine.functions import Kind
from lms.subsidy.engine.pack import Pack, Scheme

FORM = 2
_LINE_DATES = ("submitted_on", "class_start_on", "class_end_on")
_LINE_REST = ("line_ref", "programme", "occupation", "level", "project", "shortage")


def select_facts(pack: Pack, scheme: Scheme, facts: SubsidyFacts) -> dict[str, Any]:
    """The facts that the scheme reads, as one JSON value: null means not proven. Sets are sorted lists.

    Form 2: the digest over it is salted. Without `form` it is not, as in decisions made before and in policy cases.
    """
    counted = {code for clause in scheme.clauses if clause.limit for code in clause.limit.programmes}
    lines = [to_json(line) for line in facts.lines if line.programme in counted]
    return {
        **({"form": FORM} if facts.salt else {}),
        "programme": scheme.programme,
        "pack": pack.pack_id,
        "facts": {name: to_json(facts.values.get(name)) for name in scheme.facts},
        "lines": sorted(lines, key=canonical_bytes),
        "evidence": {name: to_json(facts.evidence[name]) for name in scheme.facts if facts.evidence.get(name)},
    }


def facts_digest(frozen: Mapping[str, Any], *, salt: str = "") -> str:
    """The SHA-256 that stands for frozen facts; of form 2 it is a commitment under the person's salt."""
    return commitment(frozen, salt=salt) if frozen.get("form") == FORM else digest(frozen)


def thaw_facts(pack: Pack, frozen: Mapping[str, Any], *, salt: str = "") -> SubsidyFacts:
    """The facts that `select_facts` froze, with the person's salt where their form has one. Raises FactError if they
    don't fit the pack."""
    return SubsidyFacts(
        salt=salt if frozen.get("form") == FORM else "",
        values={name: _thawed(name, value, pack) for name, value in frozen["facts"].items()},
        lines=tuple(_line(line) for line in frozen["lines"]),
        evidence={
            name: tuple(EvidenceRef(kind=ref["kind"], ref=ref["ref"], digest=ref["digest"]) for ref in refs)
            for name, refs in frozen["evidence"].items()
        },
    )


def _thawed(name: str, value: Any, pack: Pack) -> FactValue:
    if name not in pack.facts:
        raise FactError(f"{name!r} is not a fact of {pack.pack_id}")
    if value is None:
        return None
    kind = pack.facts[name].kind
    if kind is Kind.DATE:
        return date.fromisoformat(value)
    thawed: FactValue = frozenset(value) if kind is Kind.SET else value
    return thawed


def _line(line: Mapping[str, Any]) -> EarlierLine:
    dates: dict[str, Any] = {key: date.fromisoformat(line[key]) if line[key] else None for key in _LINE_DATES}
    rest: dict[str, Any] = {
        key: line[key] for key in ("line_ref", "programme", "occupation", "level", "project", "shortage")
    }
    return EarlierLine(status=LineStatus(line["status"]), evidence=frozenset(line["evidence"]), **rest, **dates)


def to_json(value: Any) -> Any:
    """Dataclasses as objects, dates as ISO text, sets as sorted lists, enums as their value."""
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(to_json(item) for item in value)
    if isinstance(value, Sequence):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} can't be frozen")


def assessment_bytes(assessment: Assessment) -> bytes:
    """The canonical bytes of a whole assessment: equal bytes, equal decision."""
    frozen: JSONValue = to_json(assessment)
    return canonical_bytes(frozen)


def assessment_from_json(stored: Mapping[str, Any]) -> Assessment:
    """The assessment that was stored as JSON, exactly as it was made."""
    plain = dict(stored)
    return Assessment(
        outcome=Outcome(plain.pop("outcome")),
        payee_kind=PayeeKind(plain.pop("payee_kind")),
        title=_text(plain.pop("title")),
        note=_text(plain.pop("note")),
        decided_on=_day(plain.pop("decided_on")),
        deadline_on=_day(plain.pop("deadline_on")),
        clauses=tuple(_clause(item) for item in plain.pop("clauses")),
        amount_steps=tuple(_step(item) for item in plain.pop("amount_steps")),
        **plain,
    )


def _clause(stored: Mapping[str, Any]) -> ClauseCheck:
    plain = dict(stored)
    texts: dict[str, Any] = {key: _text(plain.pop(key)) for key in ("title", "required", "observed", "reason", "fix")}
    trace = tuple(
        SeenValue(name=seen["name"], label=_text(seen["label"]), value=_text(seen["value"]))
        for seen in plain.pop("trace")
    )
    lists: dict[str, Any] = {key: tuple(plain.pop(key)) for key in ("unknown", "conflicts")}
    return ClauseCheck(trace=trace, **texts, **lists, **plain)


def _step(stored: Mapping[str, Any]) -> AmountStep:
    plain = dict(stored)
    return AmountStep(label=_text(plain.pop("label")), shown=_text(plain.pop("shown")), **plain)


def _text(stored: Mapping[str, str]) -> Text:
    return Text(zh=stored["zh"], en=stored["en"])


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None
