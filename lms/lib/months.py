"""Calendar months as the rules count them: same day number, clipped to the month's end (domain rule 7.1)."""

from __future__ import annotations

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The day `months` later (or earlier, if negative): 31 January + 1 month is 28 or 29 February.

    Raises OverflowError where the year would leave 1..9999.
    """
    years, month_index = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        raise OverflowError(f"{day} plus {months} months leaves the calendar")
    month = month_index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
