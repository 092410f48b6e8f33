"""Offline practice as the rest of the house sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms.enrolment.data import NotYours, Refused


class CodeKind(StrEnum):
    """What a code on the base's screen is for."""

    IN = "in"
    OUT = "out"


class SignMethod(StrEnum):
    """How somebody signed. Typed digits count only once the base's staff have confirmed that the person is there."""

    QR = "qr"
    DIGITS = "digits"
    CORRECTION = "correction"


class AttendanceState(StrEnum):
    EXPECTED = "expected"
    ABSENT = "absent"
    TO_CONFIRM = "to_confirm"
    PRESENT = "present"
    MISSING_OUT = "missing_out"
    TO_SIGN_OFF = "to_sign_off"
    COUNTED = "counted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeSessionFacts:
    """One practice session at a base. Breaks lie inside [starts_at, ends_at) and do not count."""

    session_id: int
    class_run_id: int
    unit_key: str
    title: str
    base_id: int
    trainer_id: int
    place: str
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[tuple[datetime, datetime], ...]
    cancelled_at: datetime | None

    @property
    def scheduled_seconds(self) -> int:
        """Seconds of the schedule that can count: without the breaks."""
        rest = sum(((until - since) for since, until in self.breaks), start=self.starts_at - self.starts_at)
        return int((self.ends_at - self.starts_at - rest).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCode:
    """What the base's screen shows: the code of the QR picture, six digits for those who can't scan, seconds left."""

    session_id: int
    kind: CodeKind
    code: str
    digits: str
    seconds_left: int
    rotate_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceFacts:
    """One person in one session. `counted_seconds` is [in, out] inside the schedule without breaks, once both stand.

    The ledger may still cut it (another source at the same time, the daily cap).
    """

    session_id: int
    enrolment_id: int
    learner_id: int
    in_at: datetime | None
    in_method: SignMethod | None
    in_confirmed: bool
    out_at: datetime | None
    out_method: SignMethod | None
    out_confirmed: bool
    signed_off_at: datetime | None
    evidence_id: UUID | None
    state: AttendanceState
    counted_seconds: int
    correction_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanTicket:
    """A fresh code was shown to us by this learner; until `expires_at` he may confirm without scanning again."""

    session: PracticeSessionFacts
    kind: CodeKind
    ticket: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAnswer:
    """What signing came to. `repeated`: it was done before and nothing changed. `to_confirm`: staff must look first."""

    session: PracticeSessionFacts
    attendance: AttendanceFacts
    kind: CodeKind
    at: datetime
    repeated: bool
    to_confirm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFacts:
    """A proposed sign-out (补录) that a second person must approve."""

    correction_id: int
    session_id: int
    enrolment_id: int
    learner_id: int
    out_at: datetime
    reason: str
    proposed_by_id: int
    proposed_at: datetime
    approved: bool | None
    decided_by_id: int | None


class UnableToSchedule(Refused):
    """The practice session was not put into the timetable, or not taken out of it."""


class UnableToSign(Refused):
    """Nobody was signed in or out."""


class UnableToSignOff(Refused):
    """Nobody was signed off."""


class UnableToCorrect(Refused):
    """The attendance stays as it was."""


__all__ = [
    "AttendanceFacts",
    "AttendanceState",
    "CodeKind",
    "CorrectionFacts",
    "NotYours",
    "PracticeSessionFacts",
    "ScanTicket",
    "ShownCode",
    "SignAnswer",
    "SignMethod",
    "UnableToCorrect",
    "UnableToSchedule",
    "UnableToSign",
    "UnableToSignOff",
]
