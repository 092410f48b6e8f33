"""Signing in and out at the base, by the code on its screen. The server's clock decides, a repeat changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from lms.enrolment.api import enrolments_of, get_class_run
from lms.enrolment.data import EnrolmentFacts, Refusal
from lms.evidence.api import take_clock
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import from_ms, local_day, to_ms
from lms.practice import codes
from lms.practice.access import session_view
from lms.practice.data import (
    CodeKind,
    NotYours,
    PracticeSessionFacts,
    ScanTicket,
    ShownCode,
    SignAnswer,
    SignMethod,
    UnableToSign,
)
from lms.practice.facts import attendance_facts, session_facts, signed_of
from lms.practice.locks import find_session, open_attendance
from lms.practice.models import Attendance, PracticeSession
from lms.practice.rules import (
    TICKET_SECONDS,
    is_fresh,
    judge_learner,
    judge_sign_in,
    judge_sign_out,
    live_windows,
    parse_code,
    parse_ticket,
    seconds_left,
    window_at,
)
from lms.practice.sealing import try_to_seal

SOURCE = "practice"


def current_code(*, session_id: int, kind: CodeKind, now: datetime, person_id: int | None = None) -> ShownCode:
    """The code that the base's screen shows now. With `person_id` the base's staff or the trainer only (NotYours)."""
    row = find_session(session_id)
    facts = session_facts(row)
    if person_id is not None and not session_view(facts, person_id=person_id, day=local_day(now)).may_show_code:
        raise NotYours(session_id)
    limits = limits_of(facts)
    window = window_at(now, limits)
    return ShownCode(
        session_id=session_id,
        kind=kind,
        code=codes.make_code(session_id, row.secret, kind, window),
        digits=codes.make_digits(session_id, row.secret, kind, window),
        seconds_left=seconds_left(now, limits),
        rotate_seconds=limits.practice_code_rotate_seconds,
    )


def scan(*, code: str, learner_id: int, now: datetime) -> ScanTicket:
    """The fresh code is the learner's: he may confirm within two minutes. Changes nothing. Raises UnableToSign."""
    row, kind = _session_of_code(code, now)
    facts = session_facts(row)
    _require_learner(facts, learner_id)
    issued_ms = to_ms(now)
    return ScanTicket(
        session=facts,
        kind=kind,
        ticket=codes.make_ticket(row.pk, row.secret, kind, learner_id, issued_ms),
        expires_at=from_ms(issued_ms) + timedelta(seconds=TICKET_SECONDS),
    )


def sign_in(*, code: str, learner_id: int, now: datetime) -> SignAnswer:
    """The learner is signed in from `now` by a fresh code; again: the first time stands. Raises UnableToSign."""
    return _sign_by_code(code, CodeKind.IN, learner_id=learner_id, now=now)


def sign_out(*, code: str, learner_id: int, now: datetime) -> SignAnswer:
    """The learner is signed out at `now` by a fresh code; again: the first time stands. Raises UnableToSign."""
    return _sign_by_code(code, CodeKind.OUT, learner_id=learner_id, now=now)


def sign_by_code(*, code: str, learner_id: int, now: datetime) -> SignAnswer:
    """Signed in or out, as the code says. Raises UnableToSign."""
    return _sign_by_code(code, None, learner_id=learner_id, now=now)


def sign_by_ticket(*, ticket: str, learner_id: int, now: datetime) -> SignAnswer:
    """Signed in or out by a scan of the last two minutes. Another person's ticket is refused. Raises UnableToSign."""
    parts = parse_ticket(ticket)
    row = PracticeSession.objects.prefetch_related("breaks").filter(pk=parts.session_id).first() if parts else None
    if parts is None or row is None or not codes.ticket_is_ours(parts, row.secret) or parts.learner_id != learner_id:
        raise UnableToSign(Refusal(code="code_unknown"))
    if not 0 <= to_ms(now) - parts.issued_ms < TICKET_SECONDS * 1000:
        raise UnableToSign(Refusal(code="code_expired"))
    return _sign(row, parts.kind, SignMethod.QR, learner_id=learner_id, now=now)


def sign_by_digits(*, digits: str, learner_id: int, now: datetime) -> SignAnswer:
    """Signed in or out by the six digits on the screen; counts once the staff have confirmed. Raises UnableToSign.

    Only sessions of the learner's own classes are compared, so that guessing finds nothing elsewhere.
    """
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        raise UnableToSign(Refusal(code="digits_malformed", field="digits"))
    class_run_ids = [one.class_run_id for one in enrolments_of(person_id=learner_id) if one.on_roster]
    for row in _sessions_near(class_run_ids, now):
        for kind in CodeKind:
            windows = live_windows(now, limits_of(session_facts(row)))
            if any(codes.make_digits(row.pk, row.secret, kind, window) == digits for window in windows):
                return _sign(row, kind, SignMethod.DIGITS, learner_id=learner_id, now=now)
    raise UnableToSign(Refusal(code="digits_unknown", field="digits"))


def limits_of(session: PracticeSessionFacts) -> HourLimits:
    """The hour rules of the session's class."""
    run = get_class_run(class_run_id=session.class_run_id)
    return limits_for(pack=run.hour_pack, category=run.category)


def _sign_by_code(code: str, kind: CodeKind | None, *, learner_id: int, now: datetime) -> SignAnswer:
    row, meant = _session_of_code(code, now)
    if kind is not None and meant is not kind:
        raise UnableToSign(Refusal(code=f"code_is_for_{meant}"))
    return _sign(row, meant, SignMethod.QR, learner_id=learner_id, now=now)


def _session_of_code(code: str, now: datetime) -> tuple[PracticeSession, CodeKind]:
    parts = parse_code(code)
    row = PracticeSession.objects.prefetch_related("breaks").filter(pk=parts.session_id).first() if parts else None
    if parts is None or row is None or not codes.code_is_ours(parts, row.secret):
        raise UnableToSign(Refusal(code="code_unknown"))
    if not is_fresh(parts.window, now, limits_of(session_facts(row))):
        raise UnableToSign(Refusal(code="code_expired"))
    return row, parts.kind


def _sign(row: PracticeSession, kind: CodeKind, method: SignMethod, *, learner_id: int, now: datetime) -> SignAnswer:
    session = session_facts(row)
    enrolment = _require_learner(session, learner_id)
    limits = limits_of(session)
    with transaction.atomic():
        attendance = open_attendance(row, enrolment_id=enrolment.enrolment_id, learner_id=learner_id)
        write = _write_in if kind is CodeKind.IN else _write_out
        repeated = write(attendance, session, method, now=now, limits=limits)
    if kind is CodeKind.OUT and not repeated:
        try_to_seal(attendance_id=attendance.pk, now=now)
        attendance = Attendance.objects.select_related("sign_off").get(pk=attendance.pk)
    facts = attendance_facts(attendance, session, now=now, limits=limits)
    at = facts.in_at if kind is CodeKind.IN else facts.out_at
    return SignAnswer(
        session=session,
        attendance=facts,
        kind=kind,
        at=at or now,
        repeated=repeated,
        to_confirm=not (facts.in_confirmed if kind is CodeKind.IN else facts.out_confirmed),
    )


def _write_in(
    row: Attendance, session: PracticeSessionFacts, method: SignMethod, *, now: datetime, limits: HourLimits
) -> bool:
    """Whether the sign-in stood already; else it is written and the person's learning clock belongs to practice."""
    refusal = judge_sign_in(session, signed_of(row), now=now, limits=limits)
    if refusal is not None and not (row.in_at and refusal.code != "signed_out_already"):
        raise UnableToSign(refusal)
    if row.in_at is not None:
        return True
    row.in_at, row.in_method = now, method
    row.save(update_fields=["in_at", "in_method"])
    take_clock(
        learner_id=row.learner_id,
        source=SOURCE,
        holder=f"{SOURCE}:{row.pk}",
        from_at=max(now, session.starts_at),
        now=now,
    )
    return False


def _write_out(
    row: Attendance, session: PracticeSessionFacts, method: SignMethod, *, now: datetime, limits: HourLimits
) -> bool:
    """Whether the sign-out stood already; else it is written."""
    if row.out_at is not None:
        return True
    refusal = judge_sign_out(session, signed_of(row), now=now, limits=limits)
    if refusal is not None:
        raise UnableToSign(refusal)
    row.out_at, row.out_method = now, method
    row.save(update_fields=["out_at", "out_method"])
    return False


def _require_learner(session: PracticeSessionFacts, learner_id: int) -> EnrolmentFacts:
    mine = [one for one in enrolments_of(person_id=learner_id) if one.class_run_id == session.class_run_id]
    enrolment = mine[0] if mine else None
    refusals = judge_learner(enrolment, session)
    if refusals or enrolment is None:
        raise UnableToSign(*refusals)
    return enrolment


def _sessions_near(class_run_ids: list[int], now: datetime) -> list[PracticeSession]:
    around = timedelta(hours=2)
    return list(
        PracticeSession.objects.prefetch_related("breaks")
        .filter(
            Q(starts_at__lte=now + around, ends_at__gte=now - around), class_run_id__in=class_run_ids, cancelled_at=None
        )
        .order_by("starts_at", "pk")[:20]
    )
