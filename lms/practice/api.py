"""The door of practice: timetable, codes, signing in and out, sign-off, corrections."""

from lms.practice.access import SessionView, session_view
from lms.practice.exports import attendance_lines
from lms.practice.sealing import seal_due
from lms.practice.sessions import cancel_session, get_session, schedule_session, sessions_for
from lms.practice.signing import (
    current_code,
    scan,
    sign_by_code,
    sign_by_digits,
    sign_by_ticket,
    sign_in,
    sign_out,
)
from lms.practice.signing_off import (
    attendance_for,
    attendance_of,
    confirm,
    corrections_of,
    decide_correction,
    propose_sign_out,
    sign_off,
)
from lms.practice.texts import explain

__all__ = [
    "SessionView",
    "attendance_for",
    "attendance_lines",
    "attendance_of",
    "cancel_session",
    "confirm",
    "corrections_of",
    "current_code",
    "decide_correction",
    "explain",
    "get_session",
    "propose_sign_out",
    "scan",
    "schedule_session",
    "seal_due",
    "session_view",
    "sessions_for",
    "sign_by_code",
    "sign_by_digits",
    "sign_by_ticket",
    "sign_in",
    "sign_off",
    "sign_out",
]
