"""Judgements on practice sessions, codes and attendance. Pure: instants come in, refusals and states come out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from courses.data import UnitMode, UnitSpec
from lms.enrolment.data import ClassRunFacts, ClassRunState, EnrolmentFacts, Refusal
from lms.hours.data import HourLimits
from lms.lib.intervals import Span, intersect, subtract, total
from lms.lib.localday import SHANGHAI, local_day, to_ms
from lms.practice.data import AttendanceState, CodeKind, PracticeSessionFacts

_LONGEST_SESSION = timedelta(hours=12)
_CODE = re.compile(r"([0-9]{1,12})\.(in|out)\.([0-9]{1,12})\.([0-9a-f]{32})")
_TICKET = re.compile(r"([0-9]{1,12})\.(in|out)\.([0-9]{1,12})\.([0-9]{1,15})\.([0-9a-f]{32})")
TICKET_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeParts:
    """What a code says about itself. Nothing is true before the seal was compared."""

    session_id: int
    kind: CodeKind
    window: int
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketParts:
    session_id: int
    kind: CodeKind
    learner_id: int
    issued_ms: int
    seal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The instants of one attendance, as the rules need them. `*_counts`: scanned, or confirmed by staff."""

    in_at: datetime | None = None
    in_counts: bool = False
    out_at: datetime | None = None
    out_counts: bool = False
    signed_off: bool = False
    sealed: bool = False


def judge_schedule(
    run: ClassRunFacts,
    unit: UnitSpec,
    *,
    base_id: int,
    trainer_id: int,
    starts_at: datetime,
    ends_at: datetime,
    breaks: Sequence[tuple[datetime, datetime]],
    now: datetime,
) -> tuple[Refusal, ...]:
    """A session teaches a practice unit, at the filed base, by a filed trainer, ahead of time, within the class."""
    checks = (
        (unit.mode is UnitMode.PRACTICE, "not_a_practice_unit", "unit_key"),
        (run.state is not ClassRunState.CANCELLED, "class_cancelled", "class_run"),
        (run.base_id is not None and base_id == run.base_id, "other_base", "base"),
        (trainer_id in run.trainer_ids, "not_a_trainer_here", "trainer"),
        (ends_at > starts_at, "session_ends_before_start", "ends_at"),
        (ends_at - starts_at <= _LONGEST_SESSION, "session_too_long", "ends_at"),
        (starts_at >= now, "session_in_the_past", "starts_at"),
        (run.starts_on <= local_day(starts_at) and local_day(ends_at) <= run.ends_on, "outside_class", "starts_at"),
        (_breaks_fit(breaks, starts_at, ends_at), "breaks_misfit", "breaks"),
    )
    figures: dict[str, str | int] = {
        "number": run.number,
        "first": run.starts_on.isoformat(),
        "last": run.ends_on.isoformat(),
        "hours": _LONGEST_SESSION // timedelta(hours=1),
    }
    return tuple(Refusal(code=code, field=field, params=figures) for fits, code, field in checks if not fits)


def parse_code(text: str) -> CodeParts | None:
    """The parts of a code as scanned; None for anything that is not one of ours."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return None
    session, kind, window, seal = found.groups()
    return CodeParts(session_id=int(session), kind=CodeKind(kind), window=int(window), seal=seal)


def parse_ticket(text: str) -> TicketParts | None:
    """The parts of a scan ticket; None for anything that is not one of ours."""
    found = _TICKET.fullmatch(text.strip())
    if found is None:
        return None
    session, kind, learner, issued, seal = found.groups()
    return TicketParts(
        session_id=int(session), kind=CodeKind(kind), learner_id=int(learner), issued_ms=int(issued), seal=seal
    )


def window_at(now: datetime, limits: HourLimits) -> int:
    """The number of the code that the screen shows at `now`."""
    return to_ms(now) // (limits.practice_code_rotate_seconds * 1000)


def seconds_left(now: datetime, limits: HourLimits) -> int:
    """Whole seconds until the screen changes its code, at least 1."""
    rotate_ms = limits.practice_code_rotate_seconds * 1000
    return max(1, -(-(rotate_ms - to_ms(now) % rotate_ms) // 1000))


def is_fresh(window: int, now: datetime, limits: HourLimits) -> bool:
    """Whether a code first shown in `window` is still good: at most 30 seconds old [REF], and not from the future."""
    age_ms = to_ms(now) - window * limits.practice_code_rotate_seconds * 1000
    return 0 <= age_ms < limits.practice_code_valid_seconds * 1000


def live_windows(now: datetime, limits: HourLimits) -> tuple[int, ...]:
    """The windows whose codes are good at `now`, the shown one first."""
    shown = window_at(now, limits)
    return tuple(window for window in (shown, shown - 1, shown - 2) if is_fresh(window, now, limits))


def judge_learner(enrolment: EnrolmentFacts | None, session: PracticeSessionFacts) -> tuple[Refusal, ...]:
    """The person is on the roster of this very class, the class is filed, and the session takes place."""
    if enrolment is None or enrolment.class_run_id != session.class_run_id:
        return (Refusal(code="other_class", params={"session": session.title}),)
    if not enrolment.on_roster:
        return (Refusal(code="not_on_roster"),)
    if enrolment.filed_on is None:
        return (Refusal(code="class_not_filed"),)
    if session.cancelled_at is not None:
        return (Refusal(code="session_cancelled", params={"session": session.title}),)
    return ()


def judge_sign_in(
    session: PracticeSessionFacts, signed: Signed, *, now: datetime, limits: HourLimits
) -> Refusal | None:
    """Sign-in is open from an hour before the session until its end; whoever signed out is done."""
    if signed.out_at is not None:
        return Refusal(code="signed_out_already", params={"at": clock(signed.out_at)})
    opens = session.starts_at - timedelta(seconds=limits.practice_early_seconds)
    if now < opens:
        return Refusal(code="too_early", params={"opens": clock(opens), "starts": clock(session.starts_at)})
    if now >= session.ends_at:
        return Refusal(code="session_over", params={"ended": clock(session.ends_at)})
    return None


def judge_sign_out(
    session: PracticeSessionFacts, signed: Signed, *, now: datetime, limits: HourLimits
) -> Refusal | None:
    """Sign-out follows a sign-in and stays open an hour after the session; later only a correction helps."""
    if signed.in_at is None:
        return Refusal(code="not_signed_in")
    if now <= signed.in_at:
        return Refusal(code="out_before_in")
    closes = session.ends_at + timedelta(seconds=limits.practice_late_seconds)
    if now >= closes:
        return Refusal(code="sign_out_closed", params={"closed": clock(closes)})
    return None


def judge_correction(
    session: PracticeSessionFacts, signed: Signed, *, out_at: datetime, now: datetime
) -> tuple[Refusal, ...]:
    """补录: only a missing sign-out can be entered later, between the sign-in and the session's end, with a reason."""
    refusals: list[Refusal] = []
    if signed.in_at is None:
        return (Refusal(code="not_signed_in"),)
    if signed.out_at is not None:
        return (Refusal(code="signed_out_already", params={"at": clock(signed.out_at)}),)
    if now < session.ends_at:
        refusals.append(Refusal(code="session_not_over", params={"ends": clock(session.ends_at)}))
    if not signed.in_at < out_at <= session.ends_at:
        window = {"from": clock(signed.in_at), "to": clock(session.ends_at)}
        refusals.append(Refusal(code="correction_out_of_range", field="out_at", params=window))
    return tuple(refusals)


def counted_ms(session: PracticeSessionFacts, signed: Signed) -> int:
    """Milliseconds of [in, out] inside the schedule without the breaks; 0 while either sign is missing."""
    if signed.in_at is None or signed.out_at is None:
        return 0
    attended: Span = (to_ms(signed.in_at), to_ms(signed.out_at))
    schedule: Span = (to_ms(session.starts_at), to_ms(session.ends_at))
    breaks = [(to_ms(since), to_ms(until)) for since, until in session.breaks]
    return total(subtract(intersect([attended], [schedule]), breaks))


def attendance_state(
    session: PracticeSessionFacts, signed: Signed, *, now: datetime, limits: HourLimits
) -> AttendanceState:
    """Where one person stands in one session at `now`."""
    if session.cancelled_at is not None:
        return AttendanceState.CANCELLED
    if signed.sealed:
        return AttendanceState.COUNTED
    if signed.in_at is None:
        return AttendanceState.EXPECTED if now < session.ends_at else AttendanceState.ABSENT
    if signed.out_at is None:
        if now >= session.ends_at + timedelta(seconds=limits.practice_late_seconds):
            return AttendanceState.MISSING_OUT
        return AttendanceState.PRESENT if signed.in_counts else AttendanceState.TO_CONFIRM
    if not (signed.in_counts and signed.out_counts):
        return AttendanceState.TO_CONFIRM
    return AttendanceState.TO_SIGN_OFF


def is_complete(signed: Signed) -> bool:
    """Signed in, signed out, both counting, and signed off: ready to become evidence."""
    return signed.in_counts and signed.out_counts and signed.signed_off


def clock(instant: datetime) -> str:
    """An instant as people at the base read it: "3-28 09:06" in Asia/Shanghai."""
    local = instant.astimezone(SHANGHAI)
    return f"{local.month}-{local.day} {local:%H:%M}"


def _breaks_fit(breaks: Sequence[tuple[datetime, datetime]], starts_at: datetime, ends_at: datetime) -> bool:
    at = starts_at
    for since, until in breaks:
        if not at <= since < until <= ends_at:
            return False
        at = until
    return True
