"""What crosses the subsidy package's door, and what its engine takes and gives. Money is integer fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

FactValue: TypeAlias = "int | str | bool | date | frozenset[str] | None"
"""One typed fact; None is *not proven yet*, which is never the same as no."""


class Outcome(StrEnum):
    """What a policy answers to one claim."""

    APPROVE = "approve"
    REFUSE = "refuse"
    HOLD = "hold"  # nothing speaks against it, but a fact is not known yet
    SETTLE = "settle"  # eligible total minus an advance already paid
    CLAWBACK = "clawback"  # the payee owes money; the amount is negative
    NOT_IN_FORCE = "not_in_force"  # no version of the policy serves the deciding date


class PayeeKind(StrEnum):
    ENTERPRISE = "enterprise"
    PROVIDER = "provider"
    PERSON = "person"
    MENTOR = "mentor"
    NONE = "none"  # checks that pay nothing by themselves (filing, pairing)


class LineStatus(StrEnum):
    """Where an earlier claim line stands, as far as limits care: anything else does not count."""

    PAID = "paid"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One sentence in the two languages of every pack."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The Chinese text for any Chinese language code, else the English one."""
        return self.zh if language.lower().startswith("zh") else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLine:
    """Another paid or pending claim line of the same person. None in a field means not known."""

    line_ref: str
    programme: str
    status: LineStatus
    submitted_on: date | None = None
    occupation: str | None = None
    level: int | None = None
    project: str | None = None
    class_start_on: date | None = None
    class_end_on: date | None = None
    shortage: bool | None = None
    evidence: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """Which stored thing proves a fact: its kind ("completion_record"), its id, and the hash it had."""

    kind: str
    ref: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidyFacts:
    """Everything the engine may know about one claim: flat typed facts, what proves them, the person's other lines.

    `salt` is the person's: it goes into the digest and is stored nowhere beside it. Cases of the policy have none.
    """

    values: Mapping[str, FactValue]
    lines: tuple[EarlierLine, ...] = ()
    evidence: Mapping[str, tuple[EvidenceRef, ...]] = field(default_factory=dict)
    salt: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenValue:
    """One name that a clause looked at, with its value as text."""

    name: str
    label: Text
    value: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseCheck:
    """One clause of one decision. `passed` None means that a fact is missing (`unknown` names which).

    `conflicts` are the refs of other claim lines that stand in the way: show them only to their owner.
    """

    code: str
    ref: str
    title: Text
    required: Text
    observed: Text
    passed: bool | None
    reason: Text
    fix: Text
    test: str
    trace: tuple[SeenValue, ...]
    unknown: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountStep:
    """One line of the calculation. `value` None means that it can't be worked out yet; `unit` "fen" is money."""

    name: str
    code: str
    label: Text
    shown: Text
    formula: str
    unit: str
    value: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A policy's whole answer to one claim, with everything needed to defend it and to repeat it.

    `amount_fen` is what the outcome moves (negative for a clawback, 0 for refuse and hold);
    `potential_fen` is what the formula gives if every clause passed, None where a fact for it is missing.
    """

    programme: str
    title: Text
    outcome: Outcome
    payee_kind: PayeeKind
    payee_ref: str | None
    amount_fen: int
    potential_fen: int | None
    clauses: tuple[ClauseCheck, ...]
    amount_steps: tuple[AmountStep, ...]
    decided_by: str
    decided_on: date | None
    deadline_on: date | None
    fund: str
    note: Text
    pack_id: str
    version: str
    pack_digest: str
    facts_digest: str
    calendar_digest: str

    @property
    def failed_clauses(self) -> tuple[str, ...]:
        """Codes of every clause that failed, sorted."""
        return tuple(sorted(check.code for check in self.clauses if check.passed is False))

    @property
    def open_clauses(self) -> tuple[str, ...]:
        """Codes of every clause that waits for a fact, sorted."""
        return tuple(sorted(check.code for check in self.clauses if check.passed is None))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsidyDecision:
    """A stored decision: the assessment as it was made, and for whom."""

    decision_id: int
    enrolment_id: int | None
    learner_id: int
    class_run_id: int | None
    programme_code: str
    pack_id: str
    pack_version: str
    pack_digest: str
    facts_digest: str
    outcome: Outcome
    payee_kind: PayeeKind
    payee_id: int | None
    payee_ref: str | None
    amount_fen: int
    clauses: tuple[ClauseCheck, ...]
    amount_steps: tuple[AmountStep, ...]
    deadline_on: date | None
    decided_at: datetime
    assessment: Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A stored decision beside the same decision worked out again from what was stored with it.

    `erased`: the facts about the person were erased, so nothing can be worked out; digests and outcome stand.
    """

    decision: SubsidyDecision
    repeated: Assessment
    identical: bool
    erased: bool = False


class DecisionNotFound(LookupError):
    """There is no such decision."""


class UnknownProgramme(LookupError):
    """No loaded pack knows the programme."""


class FactError(ValueError):
    """A fact is not declared by the pack, or its value has the wrong type or is out of bounds."""


class PackError(ValueError):
    """The pack is refused; the message names the place and the reason."""
