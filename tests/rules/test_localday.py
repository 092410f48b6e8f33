from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from lms.lib.intervals import union
from lms.lib.localday import day_number, day_span, day_start, from_ms, local_day, split_at_midnight, to_ms


def test_shanghai_midnight_is_sixteen_utc() -> None:
    assert day_start(date(2026, 11, 22)) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert local_day(datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert local_day(datetime(2026, 11, 21, 16, tzinfo=UTC)) == date(2026, 11, 22)


def test_day_span_includes_the_last_day() -> None:
    start, end = day_span(date(2026, 11, 22), date(2026, 11, 23))
    assert end - start == 2 * 86_400_000


@given(st.integers(694_224_000_000, 10**13))  # from 1992: no summer time since
def test_the_counted_day_is_the_local_day(instant: int) -> None:
    assert day_number(instant) == (local_day(from_ms(instant)) - date(1970, 1, 1)).days


@given(st.integers(0, 10**13), st.integers(0, 10**9))
def test_split_pieces_rejoin_and_each_lies_in_its_day(start: int, length: int) -> None:
    pieces = split_at_midnight((start, start + length))
    assert union(span for _, span in pieces) == union([(start, start + length)])
    for day, (piece_start, piece_end) in pieces:
        assert local_day(from_ms(piece_start)) == day == local_day(from_ms(piece_end - 1))
        assert to_ms(from_ms(piece_start)) == piece_start
