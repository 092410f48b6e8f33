"""The statement of hours: a picture of each day first, then every stretch with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from courses.data import CurriculumVersion, UnitMode
from lms.evidence import api as evidence
from lms.ledger.data import Entry, EntryKind
from lms.lib.periods import PERIOD_SECONDS, periods_text
from lms.portal.learning import colour_of, mode_label

_PLOT_HEIGHT = 120
_BAR_WIDTH, _BAR_STEP = 22, 36
_STACK = (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE)


def chart_of(entries: Sequence[Entry]) -> dict[str, Any]:
    """Stacked bars, one per day with learning: whole SVG units, and each bar's figures as text."""
    days = sorted({entry.day for entry in entries if entry.seconds and entry.kind is not EntryKind.REFUSAL})
    sums = {day: _sums(entries, day) for day in days}
    peak = max((sum(parts.values()) for parts in sums.values()), default=0) or PERIOD_SECONDS
    return {
        "bars": [_bar(place, day, sums[day], peak) for place, day in enumerate(days)],
        "width": max(1, len(days)) * _BAR_STEP + 40,
        "height": _PLOT_HEIGHT + 28,
        "base": _PLOT_HEIGHT + 8,
        "peak": periods_text(peak),
    }


def rows_of(entries: Sequence[Entry], curriculum: CurriculumVersion) -> list[dict[str, Any]]:
    """Every entry, newest first, in words: day, unit, credited or refused, reason, what to do."""
    titles = {unit.unit_key: unit.title for unit in curriculum.units}
    return [_row(entry, titles) for entry in reversed(entries)]


def _row(entry: Entry, titles: dict[str, str]) -> dict[str, Any]:
    words = evidence.explain_reason(reason=entry.reason)
    minutes, seconds = divmod(abs(entry.seconds), 60)
    return {
        "seq": entry.seq,
        "day": entry.day,
        "unit": titles.get(entry.unit_key, entry.unit_key),
        "mode": colour_of(entry.mode),
        "label": mode_label(entry.mode),
        "length": f"{'-' if entry.seconds < 0 else ''}{minutes}:{seconds:02d}",
        "refused": entry.kind is EntryKind.REFUSAL,
        "exam": entry.kind is EntryKind.RESULT,
        "score": entry.detail.get("score"),
        "reason": words.title,
        "fix": words.fix,
        "hash": entry.entry_hash[:12],
    }


def _sums(entries: Sequence[Entry], day: date) -> dict[UnitMode, int]:
    return {
        mode: sum(
            entry.seconds
            for entry in entries
            if entry.day == day and entry.mode is mode and entry.kind is not EntryKind.REFUSAL
        )
        for mode in _STACK
    }


def _bar(place: int, day: date, parts: dict[UnitMode, int], peak: int) -> dict[str, Any]:
    blocks, y = [], _PLOT_HEIGHT + 8
    for mode in _STACK:
        height = max(0, parts[mode]) * _PLOT_HEIGHT // peak
        if height:
            y -= height
            blocks.append({"mode": colour_of(mode), "y": y, "height": height})
    x = 32 + place * _BAR_STEP
    return {
        "x": x,
        "middle": x + _BAR_WIDTH // 2,
        "width": _BAR_WIDTH,
        "day": day,
        "blocks": blocks,
        "periods": periods_text(max(0, sum(parts.values()))),
    }
