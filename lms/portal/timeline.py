"""The statement of hours as a picture: sums that add up, each day on the clock, each unit on the axis of its media.

Pure over what the packages gave. Positions are ready text ("12.34%") for an SVG without a view box, so that patterns
keep their shape at every width; times of day are those of Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from courses.data import CurriculumVersion, UnitMode, UnitSpec
from lms.ledger.data import LearningStatement, LedgerStretch, Outcome, OutcomeSum, ReasonCode
from lms.lib.intervals import Span, intersect, join_gaps, subtract, union
from lms.lib.localday import day_start, from_ms, to_ms
from lms.portal.learning import colour_of
from lms.portal.words import length_text, short_periods

DAYS_A_PAGE = 7
ROWS_A_DAY = 8
_HOUR_MS = 3_600_000
_USUAL = (6, 22)
# Narrower than this nobody sees or hits it on a phone; gaps narrower than that are not drawn.
_LEAST_WIDTH, _LEAST_GAP = 90, 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Whole seconds; `asked` is what the others add up to. `lost` has them by outcome and reason, most first."""

    credited: int
    refused: int
    pending: int
    lost: tuple[tuple[Outcome, ReasonCode, int], ...]

    @property
    def asked(self) -> int:
        return self.credited + self.refused + self.pending


def add_up(sums: Iterable[OutcomeSum], *, pending_ms: int = 0) -> Sums:
    """The sums over all days and units; what was taken back counts as refused."""
    credited = 0
    lost: dict[tuple[Outcome, ReasonCode], int] = {}
    for line in sums:
        if line.outcome is Outcome.CREDITED:
            credited += line.seconds
        else:
            key = (line.outcome, line.reason)
            lost[key] = lost.get(key, 0) + line.seconds
    ordered = sorted(lost.items(), key=lambda item: (-item[1], item[0]))
    return Sums(
        credited=credited,
        refused=sum(lost.values()),
        pending=pending_ms // 1000,
        lost=tuple((outcome, reason, seconds) for (outcome, reason), seconds in ordered if seconds),
    )


def share_bar(sums: Sums) -> list[dict[str, str]]:
    """One bar from left to right: what counts, what does not, what waits."""
    bar, at = [], 0
    whole = max(1, sums.asked)
    for paint, seconds in (("counted", sums.credited), ("lost", sums.refused), ("pending", sums.pending)):
        if seconds:
            bar.append({"paint": paint, "x": _percent(at, whole), "width": _percent(seconds, whole)})
        at += seconds
    return bar


def months_of(sums: Iterable[OutcomeSum]) -> list[date]:
    """The first days of the months with learning, newest first."""
    return sorted({line.day.replace(day=1) for line in sums}, reverse=True)


def days_in(sums: Iterable[OutcomeSum], month: date | None) -> list[date]:
    """The days with learning, newest first; those of one month if it is given."""
    days = {line.day for line in sums if month is None or line.day.replace(day=1) == month}
    return sorted(days, reverse=True)


def lanes(
    days: Sequence[date],
    stretches: Sequence[LedgerStretch],
    sums: Sequence[OutcomeSum],
    curriculum: CurriculumVersion,
    *,
    part: slice | None = None,
) -> dict[str, Any]:
    """One lane of the clock per day. All lanes show the same hours: 6:00 to 22:00, more where somebody learned then.

    Each day lists a few stretches, refused ones first of all; with `part` those of that part in order of the clock.
    """
    titles = {unit.unit_key: unit.title for unit in curriculum.units}
    hours = _hours(stretches)
    return {
        "ticks": _ticks(*hours),
        "days": [
            _lane(
                day,
                [stretch for stretch in stretches if stretch.day == day],
                [line for line in sums if line.day == day],
                titles,
                hours,
                part,
            )
            for day in days
        ],
    }


def stretch_row(stretch: LedgerStretch, titles: Mapping[str, str]) -> dict[str, Any]:
    """A stretch in figures and words that need no rule book."""
    media = [piece for piece in stretch.pieces if piece.media_from_ms is not None and piece.media_to_ms is not None]
    first = min((piece.wall_from_ms for piece in stretch.pieces), default=0)
    last = max((piece.wall_to_ms for piece in stretch.pieces), default=0)
    return {
        "seq": stretch.seq,
        "day": stretch.day,
        "from": from_ms(first) if stretch.pieces else None,
        "to": from_ms(last) if stretch.pieces else None,
        "short": last - first < 2 * 60_000,
        "unit": titles.get(stretch.unit_key, stretch.unit_key),
        "unit_key": stretch.unit_key,
        "mode": colour_of(stretch.mode),
        "length": length_text(stretch.seconds),
        "seconds": stretch.seconds,
        "lost": stretch.outcome is not Outcome.CREDITED,
        "reason": stretch.reason,
        "media": f"{clock_text(min(piece.media_from_ms or 0 for piece in media))}–"
        f"{clock_text(max(piece.media_to_ms or 0 for piece in media))}"
        if media
        else "",
    }


def unit_bars(
    curriculum: CurriculumVersion,
    statement: LearningStatement,
    sums: Collection[OutcomeSum],
    pending: Mapping[str, Sequence[Span]],
) -> list[dict[str, Any]]:
    """Per unit what of it counts, what was refused and not learnt since, and what waits."""
    lines = {line.unit_key: line for line in statement.units}
    return [
        _unit_bar(unit, lines.get(unit.unit_key), [line for line in sums if line.unit_key == unit.unit_key], pending)
        for unit in curriculum.units
        if unit.mode is not UnitMode.ASSESSMENT
    ]


def mended(stretch: LedgerStretch, statement: LearningStatement) -> bool:
    """Whether all media of this stretch counts by now, because they were watched again."""
    spans = [
        (piece.media_from_ms, piece.media_to_ms)
        for piece in stretch.pieces
        if piece.media_from_ms is not None and piece.media_to_ms is not None
    ]
    coverage = next((line.coverage for line in statement.units if line.unit_key == stretch.unit_key), ())
    return bool(spans) and not subtract(union(spans), coverage)


def clock_text(milliseconds: int) -> str:
    """A place in a video: "4:05"."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02}"


def _lane(
    day: date,
    stretches: Sequence[LedgerStretch],
    sums: Sequence[OutcomeSum],
    titles: Mapping[str, str],
    hours: tuple[int, int],
    part: slice | None,
) -> dict[str, Any]:
    rows = [stretch_row(stretch, titles) for stretch in stretches]
    shown_rows = rows[part] if part else sorted(rows, key=lambda row: not row["lost"])[:ROWS_A_DAY]
    shown = {row["seq"] for row in shown_rows}
    added = add_up(sums)
    return {
        "day": day,
        "credited": length_text(added.credited) if added.credited else "",
        "refused": length_text(added.refused) if added.refused else "",
        "periods": _periods(added.credited),
        "blocks": _blocks(day, stretches, hours, shown),
        "rows": [row for row in rows if row["seq"] in shown],
        "hidden": len(rows) - len(shown),
        "total": len(rows),
    }


def _blocks(
    day: date, stretches: Sequence[LedgerStretch], hours: tuple[int, int], shown: set[int]
) -> list[dict[str, Any]]:
    """What is drawn of a day, refused stretches last so that they are seen. Bounded by the width, not by the day."""
    begins = to_ms(day_start(day)) + hours[0] * _HOUR_MS
    whole = (hours[1] - hours[0]) * _HOUR_MS
    drawn: list[dict[str, Any]] = []
    for stretch in sorted(stretches, key=lambda one: one.outcome is not Outcome.CREDITED):
        spans = [(piece.wall_from_ms - begins, piece.wall_to_ms - begins) for piece in stretch.pieces]
        paint = colour_of(stretch.mode) if stretch.outcome is Outcome.CREDITED else "lost"
        for x, width in _places(spans, whole):
            before = drawn[-1] if drawn else None
            if before and before["paint"] == paint and before["at"] + before["wide"] >= x + width:
                continue
            drawn.append(
                {
                    "paint": paint,
                    "at": x,
                    "wide": width,
                    "x": _hundredths(x),
                    "width": _hundredths(width),
                    "seq": stretch.seq,
                    "shown": stretch.seq in shown,
                }
            )
    return drawn


def _unit_bar(
    unit: UnitSpec, line: Any, sums: Sequence[OutcomeSum], pending: Mapping[str, Sequence[Span]]
) -> dict[str, Any]:
    added = add_up(sums)
    length = (unit.duration_seconds if unit.mode is UnitMode.VIDEO else unit.required_seconds) * 1000
    counted = list(line.coverage) if line else []
    lost: list[Span] = []
    if unit.mode is UnitMode.VIDEO:
        refused = union(
            (part.from_ms, part.to_ms) for part in (line.refused if line else ()) if part.from_ms < part.to_ms
        )
        lost = list(subtract(intersect([(0, length)], refused), counted))
    else:
        counted = [(0, min(length, line.credited_ms))] if line else []
    waits = list(pending.get(unit.unit_key, ()))
    bars = [
        {"paint": paint, "x": _hundredths(x), "width": _hundredths(width)}
        for paint, spans in (("lost", lost), ("pending", waits), (colour_of(unit.mode), counted))
        for x, width in _places(spans, max(1, length))
    ]
    return {
        "key": unit.unit_key,
        "title": unit.title,
        "mode": colour_of(unit.mode),
        "bars": bars,
        "credited": length_text(added.credited),
        "refused": length_text(added.refused) if added.refused else "",
        "pending": length_text(sum(end - start for start, end in waits) // 1000) if waits else "",
        "required": length_text(unit.required_seconds),
        "done": added.credited >= unit.required_seconds,
        "video": unit.mode is UnitMode.VIDEO,
    }


def _places(spans: Iterable[Span], whole: int) -> list[tuple[int, int]]:
    """Spans as hundredths of a percent, close ones put together and none too narrow to be seen."""
    joined = join_gaps((span for span in spans if span[0] < span[1]), whole * _LEAST_GAP // 10_000)
    found = []
    for start, end in joined:
        x = max(0, min(start * 10_000 // whole, 10_000 - _LEAST_WIDTH))
        found.append((x, max(_LEAST_WIDTH, min(10_000, -(-end * 10_000 // whole)) - x)))
    return found


def _hours(stretches: Sequence[LedgerStretch]) -> tuple[int, int]:
    first, last = _USUAL
    for stretch in stretches:
        midnight = to_ms(day_start(stretch.day))
        for piece in stretch.pieces:
            first = min(first, (piece.wall_from_ms - midnight) // _HOUR_MS)
            last = max(last, -(-(piece.wall_to_ms - midnight) // _HOUR_MS))
    return max(0, first), min(24, last)


def _ticks(first: int, last: int) -> list[str]:
    """Five marks from the left edge to the right one, on whole hours."""
    return [f"{first + (last - first) * place // 4}:00" for place in range(4)] + [f"{last}:00"]


def _percent(part: int, whole: int) -> str:
    return _hundredths(part * 10_000 // whole)


def _hundredths(value: int) -> str:
    return f"{value // 100}.{value % 100:02}%"


def _periods(seconds: int) -> str:
    """Nothing where it would read 0: the minutes tell it."""
    text = short_periods(seconds)
    return "" if text == "0" else text
