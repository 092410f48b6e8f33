from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lms.lib.intervals import Span, intersect, join_gaps, subtract, total, union

spans = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), max_size=12)


def points(some: list[Span] | tuple[Span, ...]) -> set[int]:
    return {point for start, end in some for point in range(start, end)}


@given(spans)
def test_union_keeps_exactly_the_points_and_never_touches(some: list[Span]) -> None:
    joined = union(some)
    assert points(joined) == points(some)
    assert all(left[1] < right[0] for left, right in pairwise(joined))
    assert total(joined) == len(points(some))


@given(spans, spans)
def test_subtract_and_intersect_agree_with_sets(some: list[Span], others: list[Span]) -> None:
    assert points(subtract(some, others)) == points(some) - points(others)
    assert points(intersect(some, others)) == points(some) & points(others)


def test_join_gaps_closes_holes_up_to_the_limit_only() -> None:
    assert join_gaps([(0, 10), (12, 20), (23, 30)], 2) == ((0, 20), (23, 30))
