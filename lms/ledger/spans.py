"""Sorted, disjoint, non-touching spans as tuples: cut and insert without rebuilding the rest. Milliseconds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from lms.lib.intervals import Span

Spans = tuple[Span, ...]
_BEYOND = 1 << 62


def walk(span: Span, taken: Spans) -> Iterator[tuple[int, int, bool]]:
    """The span in order, cut where `taken` begins and ends; the third value says whether the piece is taken."""
    at, end = span
    index = bisect_right(taken, (at, _BEYOND)) - 1
    if index >= 0 and taken[index][1] > at:
        cut = min(taken[index][1], end)
        yield at, cut, True
        at = cut
    index += 1
    while at < end:
        start, stop = taken[index] if index < len(taken) else (end, end)
        if start >= end:
            yield at, end, False
            return
        if start > at:
            yield at, start, False
        at = min(stop, end)
        yield start, at, True
        index += 1


def add(taken: Spans, span: Span) -> Spans:
    """`taken` with `span` in it, neighbours that touch joined."""
    start, end = span
    low = bisect_left(taken, (start, start))
    if low and taken[low - 1][1] >= start:
        low -= 1
        start = taken[low][0]
    high = bisect_right(taken, (end, _BEYOND), lo=low)
    if high > low:
        end = max(end, taken[high - 1][1])
    return (*taken[:low], (start, end), *taken[high:])
