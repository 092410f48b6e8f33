from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.lib.months import add_months

days = st.dates(date(1950, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2025, 3, 31), 12, date(2026, 3, 31)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_same_day_number_clipped_to_the_month_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(days, st.integers(-600, 600))
def test_the_month_moves_exactly_and_the_day_never_grows(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@given(days, days, st.integers(0, 60))
def test_a_later_day_never_has_an_earlier_deadline(one: date, other: date, months: int) -> None:
    early, late = sorted((one, other))
    assert add_months(early, months) <= add_months(late, months)


def test_beyond_the_calendar_is_an_error() -> None:
    with pytest.raises(OverflowError):
        add_months(date(9999, 12, 1), 1)
