from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.workdays import (
    CalendarTableError,
    WorkCalendar,
    add_working_days,
    deadline_bounds,
    in_working_days,
    read_table,
    shipped_calendar,
    shipped_table,
)

CALENDAR = shipped_calendar()
BOUND = "[bound]\nstretch_days = 14\nleast_worked = 4\n"


def test_every_day_of_the_table_agrees_with_its_source() -> None:
    day = date(2020, 1, 1)
    while day <= date(2026, 12, 31):
        assert CALENDAR.is_working(day) is chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_the_bound_holds_for_every_published_stretch_since_2004() -> None:
    days = [date(2004, 1, 1) + timedelta(days=index) for index in range(8_400)]
    days = [day for day in days if day <= date(2026, 12, 31)]
    worked = [chinese_calendar.is_workday(day) for day in days]
    fewest = min(
        sum(worked[start : start + CALENDAR.stretch_days]) for start in range(len(days) - CALENDAR.stretch_days)
    )
    assert fewest >= CALENDAR.least_worked


@pytest.mark.parametrize(
    ("end", "deadline"),
    [
        (date(2026, 9, 24), date(2026, 10, 15)),
        (date(2026, 4, 28), date(2026, 5, 14)),
        (date(2026, 2, 12), date(2026, 3, 4)),
        (date(2026, 6, 30), date(2026, 7, 14)),
        (date(2026, 3, 20), date(2026, 4, 3)),
    ],
)
def test_ten_working_days_over_holidays_and_make_up_days(end: date, deadline: date) -> None:
    assert add_working_days(end, 10, CALENDAR) == deadline
    assert in_working_days(end, 10, deadline, CALENDAR) is True
    assert in_working_days(end, 10, deadline + timedelta(days=1), CALENDAR) is False


def test_a_year_not_published_yet_is_unknown_only_where_it_matters() -> None:
    end = date(2026, 12, 24)
    assert CALENDAR.is_working(date(2027, 1, 4)) is None
    assert add_working_days(end, 10, CALENDAR) is None
    assert in_working_days(end, 10, date(2026, 12, 31), CALENDAR) is True
    assert in_working_days(end, 10, date(2027, 1, 3), CALENDAR) is True  # ten calendar days are always in time
    assert in_working_days(end, 10, date(2027, 1, 5), CALENDAR) is True  # five days left, even if each is worked
    assert in_working_days(end, 10, date(2027, 1, 6), CALENDAR) is None
    assert in_working_days(end, 10, date(2027, 6, 30), CALENDAR) is False  # no arrangement reaches that far


def test_a_deadline_inside_the_published_years_does_not_care_about_the_next_one() -> None:
    assert in_working_days(date(2026, 12, 10), 10, date(2027, 1, 4), CALENDAR) is False
    assert add_working_days(date(2026, 12, 17), 10, CALENDAR) == date(2026, 12, 31)


@given(st.dates(date(2020, 1, 1), date(2027, 3, 1)), st.integers(0, 10))
def test_ten_calendar_days_are_always_in_time(end: date, later: int) -> None:
    assert in_working_days(end, 10, end + timedelta(days=later), CALENDAR) is True


@given(st.dates(date(2020, 1, 1), date(2026, 11, 1)), st.integers(1, 20))
def test_the_deadline_is_a_working_day_with_exactly_that_many_up_to_it(start: date, count: int) -> None:
    deadline = add_working_days(start, count, CALENDAR)
    assert deadline is not None
    days = [start + timedelta(days=step) for step in range(1, (deadline - start).days + 1)]
    assert CALENDAR.is_working(deadline) is True
    assert sum(CALENDAR.is_working(day) is True for day in days) == count


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sets(st.dates(date(2027, 1, 1), date(2027, 3, 31)), max_size=30)
)
def test_what_is_certain_before_publication_stays_so_after_it(end: date, free: set[date]) -> None:
    weekdays = {day for day in free if day.weekday() < 5}
    published = _publish(weekdays)
    if not _keeps_the_bound(published):
        return
    for later in range(0, 80, 3):
        day = end + timedelta(days=later)
        before = in_working_days(end, 10, day, CALENDAR)
        if before is not None:
            assert in_working_days(end, 10, day, published) is before


def test_the_bounds_meet_where_everything_is_known() -> None:
    early, late = deadline_bounds(date(2026, 3, 20), 10, CALENDAR)
    assert early == late == date(2026, 4, 3)


def test_counting_no_days_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2026, 3, 20), 0, CALENDAR)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("x = ", "Invalid"),
        ("[years.2027]\nref = 'n'\n", r"\[bound\]"),
        (BOUND, r"\[years"),
        (BOUND + "[years.2027]\nfree = []\n", "ref"),
        (BOUND + "[years.soon]\nref = 'n'\n", "soon"),
        (BOUND + "[years.2027]\nref = 'n'\nfree = [2027-01-02]\n", "no weekday"),
        (BOUND + "[years.2027]\nref = 'n'\nmade_up = [2027-01-04]\n", "no weekend day"),
        (BOUND + "[years.2027]\nref = 'n'\nfree = [2026-01-02]\n", "of that year"),
        (BOUND + "[years.2027]\nref = 'n'\nfree = ['2027-01-04']\n", "no weekday"),
        (BOUND.replace("4", "0") + "[years.2027]\nref = 'n'\n", "whole numbers"),
        (BOUND.replace("14", "1.5") + "[years.2027]\nref = 'n'\n", "whole numbers"),
    ],
)
def test_a_broken_table_is_refused_by_name(table: str, words: str) -> None:
    with pytest.raises(CalendarTableError, match=words):
        read_table(table)


def test_an_edited_table_has_another_digest() -> None:
    edited = shipped_table() + "\n[years.2027]\nref = 'n'\nfree = [2027-01-01]\n"
    assert read_table(edited).table_digest != CALENDAR.table_digest
    assert read_table(edited).is_working(date(2027, 1, 1)) is False
    assert read_table("# a comment\n" + shipped_table()).table_digest == CALENDAR.table_digest


def _publish(free: set[date]) -> WorkCalendar:
    return WorkCalendar(
        years=CALENDAR.years | {2027},
        free=CALENDAR.free | free,
        made_up=CALENDAR.made_up,
        stretch_days=CALENDAR.stretch_days,
        least_worked=CALENDAR.least_worked,
        table_digest="",
    )


def _keeps_the_bound(calendar: WorkCalendar) -> bool:
    days = [date(2026, 12, 15) + timedelta(days=step) for step in range(130)]
    worked = [bool(calendar.is_working(day)) for day in days]
    return all(
        sum(worked[start : start + calendar.stretch_days]) >= calendar.least_worked
        for start in range(len(days) - calendar.stretch_days)
    )
