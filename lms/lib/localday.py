"""Instants and days. Every day in the rules is a day in Asia/Shanghai (domain rule: "all days are Asia/Shanghai")."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lms.lib.intervals import Span

SHANGHAI = ZoneInfo("Asia/Shanghai")
_SHANGHAI_MS, _DAY_MS = 8 * 3_600_000, 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


def local_day(instant: datetime) -> date:
    """The Asia/Shanghai day that holds an aware instant."""
    return instant.astimezone(SHANGHAI).date()


def day_number(instant_ms: int) -> int:
    """The Asia/Shanghai day of an instant counted from 1970, by plain arithmetic (no summer time since 1991)."""
    return (instant_ms + _SHANGHAI_MS) // _DAY_MS


def day_start(day: date) -> datetime:
    """The instant (UTC) at which an Asia/Shanghai day begins."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI).astimezone(UTC)


def day_span(first: date, last: date) -> Span:
    """Milliseconds from the start of `first` to the end of `last`, both days included."""
    return to_ms(day_start(first)), to_ms(day_start(last + timedelta(days=1)))


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, rounded down. Naive datetimes raise TypeError."""
    return (instant - _EPOCH) // _MILLISECOND


def to_us(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC. Naive datetimes raise TypeError."""
    return (instant - _EPOCH) // _MICROSECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC instant of whole milliseconds since 1970-01-01."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def split_at_midnight(span: Span) -> tuple[tuple[date, Span], ...]:
    """The span cut at each Asia/Shanghai midnight, every piece with its day."""
    pieces: list[tuple[date, Span]] = []
    start, end = span
    while start < end:
        day = local_day(from_ms(start))
        cut = min(end, to_ms(day_start(day + timedelta(days=1))))
        pieces.append((day, (start, cut)))
        start = cut
    return tuple(pieces)
