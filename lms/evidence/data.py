"""What evidence gives to others: the sealed witness itself, and what one piece of it is worth alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from courses.data import ExamKind, UnitCategory, UnitMode
from lms.hours.data import HourLimits
from lms.lib.intervals import Span

if TYPE_CHECKING:
    from lms.enrolment.data import EnrolmentFacts


class ReasonCode(StrEnum):
    """Why seconds stand in the ledger, or why they were refused (domain 3.3; the last block is our own)."""

    WATCHED = "watched"
    LIVE_ATTENDED = "live_attended"
    PRACTISED = "practised"
    MENTORED = "mentored"
    EXAMINED = "examined"

    DUP_MEDIA = "dup_media"
    OVER_WALL_CLOCK = "over_wall_clock"
    SPEED_CLIP = "speed_clip"
    NO_PRESENCE = "no_presence"
    SUPERSEDED = "superseded"
    DAILY_CAP = "daily_cap"
    MIX_CAP = "mix_cap"
    OUT_OF_WINDOW = "out_of_window"
    BEFORE_FILING = "before_filing"
    NOT_ON_ROSTER = "not_on_roster"
    ATTENDANCE_BELOW = "attendance_below"
    ORDER_GATE = "order_gate"
    CORRECTION = "correction"
    VOID_FRAUD = "void_fraud"

    OVER_LENGTH = "over_length"
    OUTSIDE_SCHEDULE = "outside_schedule"
    ON_BREAK = "on_break"
    ROLL_CALL = "roll_call"
    NOT_SIGNED_OFF = "not_signed_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Time that passed on the server's clock and, for media, the part of the media that played meanwhile.

    Milliseconds since 1970 (wall) and since the start of the media, half open. Both have the same length: what played
    slower or faster than the clock was cut to fit before it got here.
    """

    wall_from_ms: int
    wall_to_ms: int
    media_from_ms: int | None = None
    media_to_ms: int | None = None

    @property
    def length_ms(self) -> int:
        return self.wall_to_ms - self.wall_from_ms

    def part(self, wall_from_ms: int, wall_to_ms: int) -> Stretch:
        """The piece of this stretch between two instants that lie inside it, its media moved along."""
        if self.media_from_ms is None:
            return Stretch(wall_from_ms=wall_from_ms, wall_to_ms=wall_to_ms)
        shift = self.media_from_ms - self.wall_from_ms
        return Stretch(
            wall_from_ms=wall_from_ms,
            wall_to_ms=wall_to_ms,
            media_from_ms=wall_from_ms + shift,
            media_to_ms=wall_to_ms + shift,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedStretch:
    """A stretch that was witnessed and does not count, with the one reason for it."""

    stretch: Stretch
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One sealed piece of evidence. `digest` is the SHA-256 over its canonical bytes (`rules.evidence_bytes`)."""

    evidence_id: UUID
    source: str
    learner_id: int
    enrolment_id: int
    unit_key: str
    stretches: tuple[Stretch, ...]
    payload: Mapping[str, Any]
    captured_by: str
    captured_at: datetime
    external_key: str
    digest: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDraft:
    """What a producer hands over to be sealed. `payload` must fit the source's own schema."""

    source: str
    learner_id: int
    enrolment_id: int
    unit_key: str
    stretches: tuple[Stretch, ...]
    payload: Mapping[str, Any]
    captured_by: str
    captured_at: datetime
    external_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultProposal:
    """An exam's outcome. A higher `version` replaces an older mark of the same unit."""

    exam_kind: ExamKind
    score: int
    pass_mark: int
    passed: bool
    assessor_id: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GateUnit:
    """A unit that must be credited to `required_seconds` before practice counts (HRS-06)."""

    unit_key: str
    required_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineShare:
    """The most that an enrolment's online units may be credited together (HRS-04), and what the plan asks of each.

    `units` are all online units of the plan with their required seconds.
    """

    limit_seconds: int
    units: tuple[GateUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditProposal:
    """What one piece of evidence is worth alone; the ledger says what it is still worth beside all the rest.

    `stretches` ask for credit, `refused` were already turned down; together they are all that was witnessed.
    `unit_limit_ms` is the most that this unit may ever be credited (its filed length), None where media bound it.
    `gate`: the units that must be complete before practice counts; empty where the class asks no order.
    `share`: the bound on online hours that this one counts towards; None where there is none.
    """

    evidence_id: UUID
    evidence_digest: str
    learner_id: int
    enrolment_id: int
    class_run_id: int
    unit_key: str
    mode: UnitMode
    category: UnitCategory
    stretches: tuple[Stretch, ...]
    refused: tuple[RefusedStretch, ...]
    result: ResultProposal | None
    source: str
    source_revision: int
    captured_by: str
    occurred_at: datetime
    limits: HourLimits
    unit_limit_ms: int | None = None
    gate: tuple[GateUnit, ...] = ()
    share: OnlineShare | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A learner was on record by one source for this wall time."""

    source: str
    learner_id: int
    enrolment_id: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who held a learner's one learning clock from when on. The next tenure of the learner ends it."""

    holder: str
    source: str
    from_ms: int
    to_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessContext:
    """What a source may know besides the evidence and its unit. `gate` is empty where no order is asked, `share` None
    where the online share has no bound."""

    enrolment: EnrolmentFacts
    limits: HourLimits
    tenures: tuple[Tenure, ...] = ()
    gate: tuple[GateUnit, ...] = ()
    share: OnlineShare | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturerFacts:
    """A registered outside system whose signature we accept. `organisation_id` None: the platform's own."""

    code: str
    public_key: str
    sources: tuple[str, ...]
    organisation_id: int | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """What became of a delivery. `created` False: the same evidence had been delivered before, nothing changed."""

    evidence_id: UUID
    digest: str
    created: bool


class UnknownSource(LookupError):
    """No evidence source has this code."""


class EvidenceNotFound(LookupError):
    """No such evidence."""


class UnableToRegister(ValueError):
    """The capturer can't be registered; the message says why (English)."""


class DeliveryRefused(ValueError):
    """An outside delivery is not taken. `status` is what HTTP calls it, `code` names the rule."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.status = status
        self.code = code
        self.detail = detail


class UnableToRecord(ValueError):
    """The evidence cannot be sealed. `code` names the rule, `detail` says what to mend (English)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class EvidenceConflict(UnableToRecord):
    """This source and external key already stand for other content; evidence never changes."""

    def __init__(self, external_key: str) -> None:
        super().__init__(
            "evidence_conflict",
            f"{external_key} was already delivered with other content. Evidence never changes; use a new key.",
        )
        self.external_key = external_key
