"""Integer seconds and periods (学时, 45 minutes each). Rules compare seconds; periods are only for reading."""

from __future__ import annotations

PERIOD_SECONDS = 2700


def whole_periods(seconds: int, *, period_seconds: int = PERIOD_SECONDS) -> int:
    """Complete periods in `seconds`; what is left over does not count."""
    return seconds // period_seconds


def tenths_of_period(seconds: int, *, period_seconds: int = PERIOD_SECONDS) -> int:
    """Complete tenths of a period, rounded down: 64 740 s is 239, never 240."""
    return seconds * 10 // period_seconds


def periods_text(seconds: int, *, period_seconds: int = PERIOD_SECONDS) -> str:
    """Periods with one decimal, rounded down, thousands grouped: 64 740 s reads "23.9".

    Negative seconds raise ValueError.
    """
    if seconds < 0:
        raise ValueError("periods are never negative")
    whole, tenth = divmod(tenths_of_period(seconds, period_seconds=period_seconds), 10)
    return f"{whole:,}.{tenth}"
