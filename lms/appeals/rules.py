"""Deadlines of an appeal and what may go into it. Pure: days are Asia/Shanghai days, counted in working days.

Where a year's holidays are not published yet, the latest day that a deadline can turn out to be holds: nobody loses a
right to a guess.
"""

from __future__ import annotations

from datetime import date

from lms.appeals.data import AppealState, UnableToAppeal
from lms.hours.data import HourLimits
from lms.lib.workdays import WorkCalendar, deadline_bounds

LONGEST_WORDS = 2000
LARGEST_FILE = 8 << 20
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


def lodge_until(*, entered_on: date, class_ends_on: date, limits: HourLimits, calendar: WorkCalendar) -> date:
    """The last day to appeal: so many working days after the entry, and never before the class's statement is final."""
    return _last(max(entered_on, class_ends_on), limits.appeal_lodge_working_days, calendar)


def due_on(state: AppealState, *, since: date, limits: HourLimits, calendar: WorkCalendar) -> date | None:
    """The last day of a step that began on `since`; None for a closed appeal."""
    days = {
        AppealState.PROVIDER: limits.appeal_answer_working_days,
        AppealState.ANSWERED: limits.appeal_onward_working_days,
        AppealState.AUTHORITY: limits.appeal_final_working_days,
    }.get(state)
    return _last(since, days, calendar) if days else None


def after_answer(state: AppealState, *, upheld: bool) -> AppealState:
    """Where an answer leads. The provider's no may be taken further; the authority's word is final."""
    if upheld:
        return AppealState.UPHELD
    return AppealState.ANSWERED if state is AppealState.PROVIDER else AppealState.REFUSED


def after_silence(state: AppealState) -> AppealState:
    """Where a step leads whose time is over: an unanswered one goes up by itself, a no that nobody takes further
    stands, and the authority's stays open until it is answered."""
    return {AppealState.PROVIDER: AppealState.AUTHORITY, AppealState.ANSWERED: AppealState.REFUSED}.get(state, state)


def check_words(text: str) -> str:
    """The words without blanks around them. Raises UnableToAppeal."""
    words = text.strip()
    if not words:
        raise UnableToAppeal("words_missing")
    if len(words) > LONGEST_WORDS:
        raise UnableToAppeal("words_too_long", most=LONGEST_WORDS)
    if "\x00" in words:
        raise UnableToAppeal("words_unreadable")
    return words


def file_type(data: bytes) -> str:
    """What the file is by its first bytes. Raises UnableToAppeal for an empty, a large or an unknown one."""
    if not data:
        raise UnableToAppeal("file_empty")
    if len(data) > LARGEST_FILE:
        raise UnableToAppeal("file_too_large", most=LARGEST_FILE >> 20)
    for beginning, content_type in _BEGINNINGS:
        if data.startswith(beginning):
            return content_type
    raise UnableToAppeal("file_kind")


def _last(since: date, days: int, calendar: WorkCalendar) -> date:
    return deadline_bounds(since, days, calendar)[1]
