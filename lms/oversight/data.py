from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.lib.intervals import Span
from lms.player.data import SessionSeen

# Below this share of confirmed flags a rule is shown as advice only, once enough of its flags have been decided.
ADVISORY_BELOW_PERCENT = 30
ADVISORY_AFTER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a full check read, and the first thing that is wrong, in words; `fault` is empty when all is sound."""

    learners: int
    entries: int
    fault: str

    @property
    def intact(self) -> bool:
        return not self.fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of the officer's start page."""

    filings_waiting: int
    classes_running: int
    people_learning: int
    claims_waiting: int
    claims_waiting_fen: int
    claims_approved_fen: int


class SubjectKind(StrEnum):
    """Whom a flag speaks of."""

    LEARNER = "learner"
    SESSION = "session"
    DEVICE = "device"


class FlagState(StrEnum):
    """What people made of a flag. Only an open one asks for somebody."""

    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySeen:
    """A learner's day in Asia/Shanghai: the play sessions, and where else the learner was on record (source, wall)."""

    learner_id: int
    day: date
    day_span: Span
    sessions: tuple[SessionSeen, ...]
    elsewhere: tuple[tuple[str, Span], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSeen:
    """How many people used one device (a fingerprint of address and browser) on one day."""

    device: str
    day: date
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagFacts:
    """One flag. `figures` say what was seen when it was raised; `enrolment_id` is null where it speaks of a device."""

    flag_id: int
    rule: str
    subject_kind: SubjectKind
    subject: str
    class_run_id: int
    enrolment_id: int | None
    learner_id: int | None
    window_from: datetime
    window_to: datetime
    figures: Mapping[str, int]
    raised_at: datetime
    state: FlagState


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagVerdict:
    """What a person decided on a flag, and why. The latest one holds."""

    state: FlagState
    reason: str
    decided_by: int
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShare:
    """How often people agreed with a rule. `advisory`: too seldom for its flags to weigh anything by themselves."""

    rule: str
    open: int
    cleared: int
    confirmed: int

    @property
    def decided(self) -> int:
        return self.cleared + self.confirmed

    @property
    def confirmed_percent(self) -> int | None:
        return self.confirmed * 100 // self.decided if self.decided else None

    @property
    def advisory(self) -> bool:
        return self.decided >= ADVISORY_AFTER and self.confirmed * 100 < ADVISORY_BELOW_PERCENT * self.decided


class FlagNotFound(LookupError):
    """No such flag, or none of this officer's district."""


class UnableToDecide(ValueError):
    """The decision was not taken down; `code` says why: reason_needed, already_so, decided_meanwhile."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
