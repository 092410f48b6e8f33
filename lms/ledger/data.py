"""What the ledger gives to others: entries, statements, and what a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from courses.data import ExamKind, UnitMode
from lms.evidence.data import ReasonCode, Stretch
from lms.lib.intervals import Span

__all__ = [
    "AnchorNotFound",
    "AnchorSeal",
    "Entry",
    "EntryKind",
    "EntryNotFound",
    "LearningStatement",
    "LedgerStretch",
    "ModeLine",
    "Outcome",
    "OutcomeSum",
    "PostedCredit",
    "ReasonCode",
    "RefusedLine",
    "ResultLine",
    "UnableToReverse",
    "UnitLine",
    "VerifyFinding",
    "VerifyReport",
]


class EntryKind(StrEnum):
    CREDIT = "credit"
    REFUSAL = "refusal"
    RESULT = "result"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCredit:
    """What one piece of evidence brought. `refused` is in milliseconds by reason; repeated delivery gives the same."""

    evidence_id: UUID
    enrolment_id: int
    credited_seconds: int
    credited_ms: int
    refused: Mapping[ReasonCode, int]
    head_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a learner's chain. `seq` counts from 1 without gaps; `seconds` is negative on a reversal.

    `pieces` are the stretches that this entry credits, refuses or takes back. `detail` holds what only some kinds
    have: the exam's result, or who reversed what and why.
    """

    learner_id: int
    seq: int
    kind: EntryKind
    reason: ReasonCode
    enrolment_id: int
    class_run_id: int
    unit_key: str
    mode: UnitMode
    day: date
    seconds: int
    milliseconds: int
    pieces: tuple[Stretch, ...]
    evidence_id: UUID
    evidence_digest: str
    part: int
    source: str
    captured_by: str
    hour_pack: str
    detail: Mapping[str, object]
    prev_hash: str
    entry_hash: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeLine:
    mode: UnitMode
    credited_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A stretch that does not count and why. Positions are media milliseconds where there is media, else wall ones."""

    from_ms: int
    to_ms: int
    seconds: int
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLine:
    """One unit of a statement. `coverage` is in media milliseconds for video, in wall milliseconds else."""

    unit_key: str
    mode: UnitMode
    credited_seconds: int
    credited_ms: int
    coverage: tuple[Span, ...]
    refused: tuple[RefusedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """The mark that holds for one exam unit."""

    unit_key: str
    exam_kind: ExamKind
    score: int
    pass_mark: int
    passed: bool
    assessor_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningStatement:
    """What the ledger holds for one enrolment (学时明细单), and the head of the learner's chain at that moment.

    `head_seq` 0 and an empty `head_hash`: nothing has been entered for the learner yet.
    """

    learner_id: int
    enrolment_id: int
    units: tuple[UnitLine, ...]
    modes: tuple[ModeLine, ...]
    results: tuple[ResultLine, ...]
    refused_seconds: Mapping[ReasonCode, int]
    head_seq: int
    head_hash: str
    as_of: datetime


class Outcome(StrEnum):
    """What stands for a second today. TAKEN_BACK: it was credited and reversed; the reversal's reason says why."""

    CREDITED = "credited"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSum:
    """Seconds of one day, unit, outcome and reason. Sums of these over anything agree with the statement."""

    day: date
    unit_key: str
    mode: UnitMode
    outcome: Outcome
    reason: ReasonCode
    seconds: int
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStretch:
    """What a person sees as one stretch: entries `seqs` of one day and unit with one verdict. `seq` names it."""

    seq: int
    seqs: tuple[int, ...]
    day: date
    unit_key: str
    mode: UnitMode
    outcome: Outcome
    reason: ReasonCode
    seconds: int
    milliseconds: int
    pieces: tuple[Stretch, ...]
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorSeal:
    """One anchor: the heads that moved since the one before, under a Merkle root that the platform signed.

    `day` is the Asia/Shanghai day on which it was made; root, previous root and signature are hex.
    """

    number: int
    day: date
    anchored_at: datetime
    heads: int
    root: str
    prev_root: str
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyFinding:
    """The first thing that is wrong with one learner's chain. `seq` is where; `what` is a code, `detail` English.

    Learner and seq 0: an anchor, which belongs to no single chain.
    """

    learner_id: int
    seq: int
    what: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What a verification read and the first bad entry of each broken chain, learners in order."""

    learners: int
    entries: int
    findings: tuple[VerifyFinding, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


class AnchorNotFound(LookupError):
    """No anchor has this number."""


class EntryNotFound(LookupError):
    """No such entry in this learner's chain."""


class UnableToReverse(ValueError):
    """The entry can't be reversed; `code` names the rule."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
