"""The two promises of domain 1.4 (Service): an answer within 2 hours, a solution within 3 working days. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lms.lib.localday import local_day
from lms.lib.workdays import WorkCalendar, deadline_bounds
from lms.support.data import Timer

ANSWER_WITHIN = timedelta(hours=2)
SOLVE_WITHIN_WORKING_DAYS = 3


def solve_due_on(opened_at: datetime, calendar: WorkCalendar) -> date:
    """The last day for a solution. Where a year's holidays are not published yet, the earliest it can be."""
    return deadline_bounds(local_day(opened_at), SOLVE_WITHIN_WORKING_DAYS, calendar)[0]


def judge_answer(answer_due_at: datetime | None, now: datetime) -> Timer:
    """Whether somebody waits for an answer (None: nobody) and for too long."""
    if answer_due_at is None:
        return Timer.KEPT
    return Timer.LATE if now >= answer_due_at else Timer.RUNNING


def judge_solution(due_on: date, closed_at: datetime | None, now: datetime) -> Timer:
    """Whether it was solved by the end of `due_on`, still can be, or is late."""
    if local_day(closed_at or now) > due_on:
        return Timer.LATE
    return Timer.KEPT if closed_at else Timer.RUNNING
