"""Sets of half-open integer spans `[from, to)`. Units are the caller's, normally milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same points as `spans`, sorted, without overlap and without touching neighbours. Empty spans vanish."""
    return join_gaps(spans, 0)


def join_gaps(spans: Iterable[Span], limit: int) -> tuple[Span, ...]:
    """`union`, and holes of at most `limit` between neighbours are closed."""
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start - joined[-1][1] <= limit:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    """The points that lie in both."""
    ours, theirs = union(left), union(right)
    shared: list[Span] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start, end = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if start < end:
            shared.append((start, end))
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return tuple(shared)


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """The points of `spans` that lie in none of `holes`."""
    cuts = union(holes)
    left: list[Span] = []
    for start, end in union(spans):
        at = start
        for hole_start, hole_end in cuts:
            if hole_end <= at:
                continue
            if hole_start >= end:
                break
            if hole_start > at:
                left.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            left.append((at, end))
    return tuple(left)


def total(spans: Iterable[Span]) -> int:
    """The summed length of spans that do not overlap (pass a `union` where they might)."""
    return sum(end - start for start, end in spans)
