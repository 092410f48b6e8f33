"""Chinese working days: weekends, holidays and make-up working days (调休), from a table that people can edit.

The State Council publishes each year's arrangement late in the year before. For a year that the table does not hold,
every answer is three-valued: True or False where no arrangement of that year could change it, None where one could.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from lms.lib.canonical import digest

_DAY = timedelta(days=1)
_TABLE = "china_workdays.toml"


class CalendarTableError(ValueError):
    """The table of working days can't be used; the message names the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """What is known of working days. `free` holds weekdays off, `made_up` weekend days worked.

    `least_worked` of any `stretch_days` days in a row are worked in every year, published or not (a cautious bound).
    """

    years: frozenset[int]
    free: frozenset[date]
    made_up: frozenset[date]
    stretch_days: int
    least_worked: int
    table_digest: str

    def is_working(self, day: date) -> bool | None:
        """Whether people work on `day`; None if its year is not in the table."""
        if day.year not in self.years:
            return None
        return day in self.made_up or (day.weekday() < 5 and day not in self.free)


def add_working_days(start: date, count: int, calendar: WorkCalendar) -> date | None:
    """The `count`-th working day after `start`, which itself never counts; None if not yet known."""
    earliest, latest = deadline_bounds(start, count, calendar)
    return earliest if earliest == latest else None


def in_working_days(start: date, count: int, day: date, calendar: WorkCalendar) -> bool | None:
    """Whether `day` is no later than the `count`-th working day after `start`, that day included until 24:00.

    None only where a year that is not published yet could still change the answer.
    """
    earliest, latest = deadline_bounds(start, count, calendar)
    if day <= earliest:
        return True
    return False if day > latest else None


def deadline_bounds(start: date, count: int, calendar: WorkCalendar) -> tuple[date, date]:
    """The earliest and the latest day that the `count`-th working day after `start` can still turn out to be.

    Earliest: every day of an unpublished year is worked. Latest: the fewest days that the table's bound allows are.
    The two agree when every year on the way is known. Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError("a deadline counts at least one working day")
    day, left = start, count
    while left:
        day += _DAY
        works = calendar.is_working(day)
        if works is None:
            return day + (left - 1) * _DAY, day - _DAY + _slowest(left, calendar)
        left -= works
    return day, day


def _slowest(count: int, calendar: WorkCalendar) -> timedelta:
    stretches = -(-count // calendar.least_worked)
    return timedelta(days=stretches * calendar.stretch_days)


def read_table(text: str) -> WorkCalendar:
    """The calendar that a TOML table describes. Raises CalendarTableError naming what is wrong.

    Form: `[bound]` with `stretch_days` and `least_worked`; one `[years.YYYY]` per published year with `ref`,
    `free` (weekdays off) and `made_up` (weekend days worked), each a list of dates of that year.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CalendarTableError(str(error)) from error
    bound, years = table.get("bound"), table.get("years")
    if not isinstance(bound, dict) or not isinstance(years, dict) or not years:
        raise CalendarTableError("the table needs [bound] and at least one [years.YYYY]")
    stretch, least = bound.get("stretch_days"), bound.get("least_worked")
    if type(stretch) is not int or type(least) is not int or not 0 < least <= stretch:
        raise CalendarTableError("[bound] needs whole numbers: 0 < least_worked <= stretch_days")
    free: set[date] = set()
    made_up: set[date] = set()
    for year, entry in years.items():
        if not (year.isdigit() and isinstance(entry, dict) and entry.get("ref")):
            raise CalendarTableError(f"[years.{year}] needs a year of four digits and a ref")
        free |= _days(entry, "free", int(year), weekend=False)
        made_up |= _days(entry, "made_up", int(year), weekend=True)
    return WorkCalendar(
        years=frozenset(int(year) for year in years),
        free=frozenset(free),
        made_up=frozenset(made_up),
        stretch_days=stretch,
        least_worked=least,
        table_digest=_digest(stretch, least, years, free, made_up),
    )


def _days(entry: Mapping[str, object], key: str, year: int, *, weekend: bool) -> set[date]:
    days = entry.get(key, [])
    if not isinstance(days, list):
        raise CalendarTableError(f"{key} of {year} is no list")
    for day in days:
        if type(day) is not date or day.year != year or (day.weekday() >= 5) is not weekend:
            kind = "weekend day" if weekend else "weekday"
            raise CalendarTableError(f"{key} of {year} lists {day}, which is no {kind} of that year")
    return set(days)


def _digest(stretch: int, least: int, years: Mapping[str, object], free: set[date], made_up: set[date]) -> str:
    return digest(
        {
            "stretch_days": stretch,
            "least_worked": least,
            "years": sorted(years),
            "free": [day.isoformat() for day in sorted(free)],
            "made_up": [day.isoformat() for day in sorted(made_up)],
        }
    )


@cache
def shipped_calendar() -> WorkCalendar:
    """The calendar of the table that ships with the product (`lms/lib/data/china_workdays.toml`)."""
    return read_table(shipped_table())


def shipped_table() -> str:
    """The text of the shipped table."""
    return files("lms.lib").joinpath("data", _TABLE).read_text(encoding="utf-8")
