"""From rows to the facts that may cross the door."""

from __future__ import annotations

from datetime import datetime

from lms.hours.data import HourLimits
from lms.practice.data import AttendanceFacts, CorrectionFacts, PracticeSessionFacts, SignMethod
from lms.practice.models import Attendance, Correction, PracticeSession
from lms.practice.rules import Signed, attendance_state, counted_ms


def session_facts(row: PracticeSession) -> PracticeSessionFacts:
    """Prefetch `breaks` where many are made."""
    return PracticeSessionFacts(
        session_id=row.pk,
        class_run_id=row.class_run_id,
        unit_key=row.unit_key,
        title=row.title,
        base_id=row.base_id,
        trainer_id=row.trainer_id,
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        breaks=tuple((pause.starts_at, pause.ends_at) for pause in row.breaks.all()),
        cancelled_at=row.cancelled_at,
    )


def signed_of(row: Attendance | None) -> Signed:
    """The signs of one attendance; nothing signed where there is no row. Fetch with select_related("sign_off")."""
    if row is None:
        return Signed()
    return Signed(
        in_at=row.in_at,
        in_counts=_counts(row.in_at, row.in_method, row.in_confirmed_at),
        out_at=row.out_at,
        out_counts=_counts(row.out_at, row.out_method, row.out_confirmed_at),
        signed_off=hasattr(row, "sign_off"),
        sealed=row.evidence_id is not None,
    )


def attendance_facts(
    row: Attendance, session: PracticeSessionFacts, *, now: datetime, limits: HourLimits, correction_open: bool = False
) -> AttendanceFacts:
    """Fetch with select_related("sign_off")."""
    signed = signed_of(row)
    return AttendanceFacts(
        session_id=row.session_id,
        enrolment_id=row.enrolment_id,
        learner_id=row.learner_id,
        in_at=row.in_at,
        in_method=SignMethod(row.in_method) if row.in_method else None,
        in_confirmed=signed.in_counts,
        out_at=row.out_at,
        out_method=SignMethod(row.out_method) if row.out_method else None,
        out_confirmed=signed.out_counts,
        signed_off_at=row.sign_off.signed_at if signed.signed_off else None,
        evidence_id=row.evidence_id,
        state=attendance_state(session, signed, now=now, limits=limits),
        counted_seconds=counted_ms(session, signed) // 1000,
        correction_open=correction_open,
    )


def nobody_yet(
    session: PracticeSessionFacts, *, enrolment_id: int, learner_id: int, now: datetime, limits: HourLimits
) -> AttendanceFacts:
    """A person on the roster who has not signed in."""
    state = attendance_state(session, Signed(), now=now, limits=limits)
    return AttendanceFacts(
        session_id=session.session_id,
        enrolment_id=enrolment_id,
        learner_id=learner_id,
        in_at=None,
        in_method=None,
        in_confirmed=False,
        out_at=None,
        out_method=None,
        out_confirmed=False,
        signed_off_at=None,
        evidence_id=None,
        state=state,
        counted_seconds=0,
        correction_open=False,
    )


def correction_facts(row: Correction) -> CorrectionFacts:
    """Fetch with select_related("attendance", "answer")."""
    answer = getattr(row, "answer", None)
    return CorrectionFacts(
        correction_id=row.pk,
        session_id=row.attendance.session_id,
        enrolment_id=row.attendance.enrolment_id,
        learner_id=row.attendance.learner_id,
        out_at=row.out_at,
        reason=row.reason,
        proposed_by_id=row.proposed_by_id,
        proposed_at=row.proposed_at,
        approved=answer.approved if answer else None,
        decided_by_id=answer.decided_by_id if answer else None,
    )


def _counts(at: datetime | None, method: str, confirmed_at: datetime | None) -> bool:
    if at is None:
        return False
    return method in {SignMethod.QR, SignMethod.CORRECTION} or confirmed_at is not None
