"""What crosses the door of appeals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.ledger.data import Outcome, ReasonCode


class Step(StrEnum):
    """Who answers: first the class's provider, then the authority of its district, whose answer is final."""

    PROVIDER = "provider"
    AUTHORITY = "authority"


class AppealState(StrEnum):
    """PROVIDER and AUTHORITY wait for that answer. ANSWERED: the provider said no and the learner may still go on."""

    PROVIDER = "provider"
    ANSWERED = "answered"
    AUTHORITY = "authority"
    UPHELD = "upheld"
    REFUSED = "refused"


OPEN_STATES = (AppealState.PROVIDER, AppealState.ANSWERED, AppealState.AUTHORITY)
WAITING_STATES = (AppealState.PROVIDER, AppealState.AUTHORITY)


class MoveKind(StrEnum):
    """What happened to an appeal besides its answers."""

    LODGED = "lodged"
    WENT_ON = "went_on"
    ESCALATED = "escalated"
    LAPSED = "lapsed"
    REMINDED = "reminded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealFile:
    """A file that goes along. `content_type` is what its first bytes say, not what the browser says."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """One answer, sealed: `answer_hash` covers it, the appeal's words and the answer before it (of any appeal)."""

    step: Step
    upheld: bool
    reason: str
    author_id: int
    at: datetime
    number: int
    answer_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """`actor_id` None: the platform did it, because a time was over."""

    kind: MoveKind
    at: datetime
    actor_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealFacts:
    """One appeal against one stretch. `due_on`: the last day of the step that runs; None once it is closed.

    `seqs` are the ledger entries of the stretch as it stood, `seconds` what they took away. `onward`: why the learner
    took the provider's no further.
    """

    appeal_id: int
    number: str
    learner_id: int
    enrolment_id: int
    class_run_id: int
    unit_key: str
    day: date
    outcome: Outcome
    reason: ReasonCode
    seqs: tuple[int, ...]
    seconds: int
    words: str
    onward: str
    file: AppealFile | None
    state: AppealState
    due_on: date | None
    lodged_at: datetime
    closed_at: datetime | None
    moves: tuple[MoveFacts, ...]
    answers: tuple[AnswerFacts, ...]

    def late_on(self, day: date) -> bool:
        """Whether an answer is overdue on that day."""
        return self.state in WAITING_STATES and self.due_on is not None and day > self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealView:
    """What a person may do with an appeal today."""

    own: bool
    may_answer: bool
    may_go_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What ran out of time in one sweep."""

    escalated: int
    lapsed: int
    reminded: int


class AppealNotFound(LookupError):
    """There is no such appeal or stretch, or it is none of the caller's."""


class UnableToAppeal(ValueError):
    """The appeal, answer or step can't be taken. `code` names the rule; `params` fill its words."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
