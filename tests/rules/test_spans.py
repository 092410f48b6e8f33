from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.ledger.spans import Spans, add, walk
from lms.lib.intervals import Span, intersect, subtract, union

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))).map(
    union
)
span = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@settings(deadline=None)
@given(taken=spans, piece=span)
def test_walk_tells_taken_from_free_and_leaves_nothing_out(taken: Spans, piece: Span) -> None:
    pieces = list(walk(piece, taken))
    assert tuple((start, end) for start, end, used in pieces if used) == intersect([piece], taken)
    assert union((start, end) for start, end, used in pieces if not used) == subtract([piece], taken)
    assert [start for start, _, _ in pieces] == [piece[0], *(end for _, end, _ in pieces[:-1])]
    assert pieces[-1][1] == piece[1]


@settings(deadline=None)
@given(taken=spans, piece=span)
def test_add_is_the_union(taken: Spans, piece: Span) -> None:
    assert add(taken, piece) == union([*taken, piece])
