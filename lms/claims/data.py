from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.subsidy.data import SubsidyDecision


class BatchState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REFUSED = "refused"


class LineState(StrEnum):
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REFUSED = "refused"


class Verdict(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


RECORD_GONE = "GEN-06"  # the clause by which a line falls when its completion record no longer stands
LIVE_LINE_STATES = (LineState.DRAFT, LineState.SUBMITTED, LineState.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLineFacts:
    """One person's line of a claim. `amount_fen` is what the decision gave."""

    line_id: int
    line_no: int
    enrolment_id: int
    person_id: int
    decision_id: int
    amount_fen: int
    state: LineState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBatchFacts:
    """One claim. `total_fen` sums the live lines; receipt and `submitted_at` are the server's, at submission."""

    batch_id: int
    number: str
    class_run_id: int
    programme_code: str
    payee_kind: str
    payee_id: int | None
    state: BatchState
    total_fen: int
    line_count: int
    created_at: datetime
    submitted_at: datetime | None
    receipt_no: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedPerson:
    """Somebody on the roster who is not claimed for, with the whole answer of the policy."""

    enrolment_id: int
    person_id: int
    decision: SubsidyDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDraft:
    """A claim as its payee sees it before submission."""

    batch: ClaimBatchFacts
    lines: tuple[ClaimLineFacts, ...]
    excluded: tuple[ExcludedPerson, ...]
    deadline_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEventFacts:
    """One thing that happened to a claim, by whom."""

    action: str
    actor_id: int | None
    at: datetime
    note: str


class ClaimNotFound(LookupError):
    """No such claim, or none that this organisation may see."""


class UnableToSubmit(ValueError):
    """The claim can't be submitted; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnableToReview(ValueError):
    """The verdict can't be taken; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
