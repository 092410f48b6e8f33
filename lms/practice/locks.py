"""The one way to lock this package's rows: one attendance at a time, never two."""

from __future__ import annotations

from lms.db.api import require_transaction
from lms.enrolment.data import NotYours
from lms.practice.models import Attendance, PracticeSession


def find_session(session_id: int) -> PracticeSession:
    """The session with its breaks. Raises NotYours."""
    row = PracticeSession.objects.prefetch_related("breaks").filter(pk=session_id).first()
    if row is None:
        raise NotYours(session_id)
    return row


def open_attendance(session: PracticeSession, *, enrolment_id: int, learner_id: int) -> Attendance:
    """The one attendance of the person in the session, made if need be, locked until the transaction ends.

    Two scans at once meet at the unique key: the second waits and then sees what the first wrote.
    """
    require_transaction()
    Attendance.objects.bulk_create(
        [Attendance(session=session, enrolment_id=enrolment_id, learner_id=learner_id)], ignore_conflicts=True
    )
    return lock_attendance(session.pk, enrolment_id)


def lock_attendance(session_id: int, enrolment_id: int) -> Attendance:
    """The attendance, locked until the transaction ends. Raises NotYours."""
    require_transaction()
    row = (
        Attendance.objects.select_for_update(of=("self",))
        .select_related("sign_off")
        .filter(session_id=session_id, enrolment_id=enrolment_id)
        .first()
    )
    if row is None:
        raise NotYours(session_id)
    return row
