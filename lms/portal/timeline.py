"""The statement of hours: first a picture of each day with its units, then every stretch with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from courses.data import CurriculumVersion, UnitMode
from lms.evidence import api as evidence
from lms.ledger.data import Entry, EntryKind
from lms.lib.localday import day_start, from_ms, local_day
from lms.portal.learning import colour_of, mode_label
from lms.portal.words import length_text, short_periods

_STACK = (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE)
_DAY_MINUTES = 24 * 60
_USUAL = (6 * 60, 22 * 60)
_LEAST_SHOWN_MINUTES = 5


def days_of(entries: Sequence[Entry], curriculum: CurriculumVersion) -> dict[str, Any]:
    """One lane of the clock per day with learning, newest first, and what each unit brought on that day.

    All lanes show the same hours: 6:00 to 22:00, more where somebody learned earlier or later. Positions are minutes
    from the left edge.
    """
    titles = {unit.unit_key: unit.title for unit in curriculum.units}
    timed = [entry for entry in entries if entry.mode in _STACK and entry.kind is not EntryKind.RESULT]
    blocks = {day: _blocks([entry for entry in timed if entry.day == day]) for day in {entry.day for entry in timed}}
    first, last = _window([block for day in blocks.values() for block in day])
    return {
        "minutes": last - first,
        "ticks": [f"{minute // 60}:00" for minute in _ticks(first, last)],
        "days": [
            {
                "day": day,
                "credited": _day_periods(_credited(timed, day)),
                "blocks": [{**block, "x": block["from"] - first} for block in blocks[day]],
                "units": _units([entry for entry in timed if entry.day == day], titles),
            }
            for day in sorted(blocks, reverse=True)
        ],
    }


def rows_of(entries: Sequence[Entry], curriculum: CurriculumVersion) -> list[dict[str, Any]]:
    """What happened, newest first, in words. Entries of one day and unit with the same verdict make one row."""
    titles = {unit.unit_key: unit.title for unit in curriculum.units}
    together: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in reversed(entries):
        alone = entry.seq if entry.kind in (EntryKind.RESULT, EntryKind.REVERSAL) else 0
        together.setdefault((entry.day, entry.unit_key, entry.kind, entry.reason, alone), []).append(entry)
    return [_row(group, titles) for group in together.values()]


def _row(group: list[Entry], titles: dict[str, str]) -> dict[str, Any]:
    newest, oldest = group[0], group[-1]
    words = evidence.explain_reason(reason=newest.reason)
    pieces = [piece for entry in group for piece in entry.pieces]
    return {
        "seq": str(newest.seq) if newest is oldest else f"{oldest.seq}–{newest.seq}",
        "count": len(group),
        "day": newest.day,
        "from": from_ms(min(piece.wall_from_ms for piece in pieces)) if pieces else None,
        "to": from_ms(max(piece.wall_to_ms for piece in pieces)) if pieces else None,
        "unit": titles.get(newest.unit_key, newest.unit_key),
        "mode": colour_of(newest.mode),
        "label": mode_label(newest.mode),
        "length": length_text(sum(entry.seconds for entry in group)),
        "refused": newest.kind is EntryKind.REFUSAL,
        "exam": newest.kind is EntryKind.RESULT,
        "score": newest.detail.get("score"),
        "reason": words.title,
        "fix": words.fix,
        "hash": newest.entry_hash[:12],
    }


def _blocks(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Stretches on the clock in minutes of their day; refused ones last, so that they are seen."""
    found = []
    for entry in sorted(entries, key=lambda one: one.kind is EntryKind.REFUSAL):
        for piece in entry.pieces:
            began = from_ms(piece.wall_from_ms)
            minute = int((began - day_start(local_day(began))).total_seconds()) // 60
            length = max(_LEAST_SHOWN_MINUTES, piece.length_ms // 60_000)
            refused = entry.kind is EntryKind.REFUSAL
            found.append(
                {
                    "from": minute,
                    "width": min(length, _DAY_MINUTES - minute),
                    "mode": colour_of(entry.mode),
                    "refused": refused,
                }
            )
    return found


def _window(blocks: Sequence[dict[str, Any]]) -> tuple[int, int]:
    first = min([_USUAL[0], *(block["from"] // 60 * 60 for block in blocks)])
    last = max([_USUAL[1], *(-(-(block["from"] + block["width"]) // 60) * 60 for block in blocks)])
    return first, min(_DAY_MINUTES, last)


def _ticks(first: int, last: int) -> list[int]:
    """Five marks from the left edge to the right one, on whole hours."""
    return [first + (last - first) * place // 4 // 60 * 60 for place in range(4)] + [last]


def _day_periods(seconds: int) -> str:
    """Nothing where it would read 0: the units tell the minutes."""
    text = short_periods(max(0, seconds))
    return "" if text == "0" else text


def _credited(entries: Sequence[Entry], day: date) -> int:
    return sum(entry.seconds for entry in entries if entry.day == day and entry.kind is not EntryKind.REFUSAL)


def _units(entries: Sequence[Entry], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Per unit what was credited and what was not, in the order in which they began."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        line = found.setdefault(
            entry.unit_key,
            {"title": titles.get(entry.unit_key, entry.unit_key), "mode": colour_of(entry.mode), "good": 0, "lost": 0},
        )
        line["lost" if entry.kind is EntryKind.REFUSAL else "good"] += entry.seconds
    return [
        {
            **line,
            "credited": length_text(line["good"]) if line["good"] else "",
            "refused": length_text(line["lost"]) if line["lost"] else "",
        }
        for line in found.values()
    ]
