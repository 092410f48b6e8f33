"""The two promises of help: two hours, three working days (domain 1.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.lib.workdays import shipped_calendar
from lms.support.data import Timer
from lms.support.rules import judge_answer, judge_solution, solve_due_on

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (datetime(2026, 3, 2, 4, 0, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 6, 4, 0, tzinfo=UTC), date(2026, 3, 11)),
        (datetime(2026, 3, 1, 16, 30, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 9, 30, 4, 0, tzinfo=UTC), date(2026, 10, 10)),
    ],
)
def test_three_working_days_know_weekends_holidays_and_made_up_days(opened: datetime, due: date) -> None:
    assert solve_due_on(opened, shipped_calendar()) == due


def test_an_unpublished_year_gives_the_earliest_day_it_can_be() -> None:
    assert solve_due_on(datetime(2031, 1, 1, 4, 0, tzinfo=UTC), shipped_calendar()) == date(2031, 1, 4)


def test_an_answer_is_late_from_the_second_hour_on() -> None:
    due = NOON + timedelta(hours=2)
    assert judge_answer(due, due - timedelta(seconds=1)) is Timer.RUNNING
    assert judge_answer(due, due) is Timer.LATE
    assert judge_answer(None, NOON) is Timer.KEPT


def test_a_solution_is_in_time_until_midnight_in_shanghai() -> None:
    due = date(2026, 3, 5)
    last = datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC)
    assert judge_solution(due, None, last) is Timer.RUNNING
    assert judge_solution(due, None, last + timedelta(seconds=1)) is Timer.LATE
    assert judge_solution(due, last, last + timedelta(days=9)) is Timer.KEPT
    assert judge_solution(due, last + timedelta(seconds=1), last + timedelta(days=9)) is Timer.LATE
