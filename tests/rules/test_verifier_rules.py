"""The verifier's rules, written from docs/archive.md, beside ours: the same answer to anything that may happen."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import asdict
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from courses.data import UnitMode
from lms.evidence.data import Stretch
from lms.hours.api import limits_for
from lms.ledger.rules import DayStanding, UnitStanding, clip_credit, spans_touched, split_days
from lms.player.data import Beat, Played, SessionFacts, Verdict
from lms.player.timeline import PlayState, fold_beats
from tests.engines import ROOT

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
NOON = 1_773_115_200_000


def load_verifier() -> Any:
    spec = importlib.util.spec_from_file_location("verify_archive", ROOT / "docs" / "verifier" / "verify_archive.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_archive"] = module
    spec.loader.exec_module(module)
    return module


THEIRS = load_verifier()


@st.composite
def settlements(draw: st.DrawFn) -> list[list[Beat]]:
    """Batches of beats as honest, broken and lying pages send them; every beat once, received in order of time."""
    beats, received, media, seq = [], NOON, 0, 0
    for _ in range(draw(st.integers(1, 14))):
        received += draw(st.integers(0, 40_000))
        sent_boot = draw(st.sampled_from(["", "a", "b"]))
        skew = draw(st.integers(-3_000, 900_000))
        for _ in range(draw(st.integers(1, 3))):
            start = max(0, received - NOON - draw(st.integers(0, 45_000)))
            long = draw(st.integers(0, 20_000))
            played = long + draw(st.sampled_from([0, 0, 0, -2, 3, 400, -400, 5_000, 60_000]))
            media_from = media if draw(st.booleans()) else draw(st.integers(0, 700_000))
            media_to = max(media_from, media_from + played)
            beats.append(
                Beat(
                    draw(st.sampled_from(["a", "b"])), seq, start, start + long, media_from, media_to,
                    draw(st.sampled_from([1000, 1000, 900, 2000])), "tick", max(0, start + long + skew), received,
                    sent_boot,
                )
            )  # fmt: skip
            media, seq = media_to + draw(st.sampled_from([0, 0, 2, 300])), seq + 1
    cuts = sorted(draw(st.lists(st.integers(0, len(beats)), max_size=3)))
    return [batch for batch in (beats[a:b] for a, b in zip([0, *cuts], [*cuts, len(beats)], strict=True)) if batch]


@settings(deadline=None, max_examples=150)
@given(batches=settlements(), superseded=st.none() | st.integers(NOON, NOON + 400_000))
def test_beats_come_to_the_same(batches: list[list[Beat]], superseded: int | None) -> None:
    facts = SessionFacts(
        started_ms=NOON, unit_ms=600_000, window_from_ms=NOON - 1, window_to_ms=NOON + 300_000,
        superseded_ms=superseded,
    )  # fmt: skip
    state = PlayState()
    session = {
        "started_ms": NOON, "unit_ms": 600_000, "window_from_ms": NOON - 1, "window_to_ms": NOON + 300_000,
    }  # fmt: skip
    settler = THEIRS.Settler(session, asdict(LIMITS))
    for batch in batches:
        ours = fold_beats(state, facts, batch, LIMITS)
        theirs = settler.settle([THEIRS.Beat(*beat) for beat in batch], superseded)
        assert [Played(*one) for one in theirs.stretches] == list(ours.stretches)
        assert [(reason, Played(*one)) for reason, one in theirs.refused] == [tuple(part) for part in ours.refused]
        assert theirs.late == any(one.verdict is Verdict.LATE_SYNC for one in ours.verdicts)


SPANS = st.lists(
    st.tuples(st.integers(0, 90_000_000), st.integers(1, 9_000_000), st.integers(0, 3_000_000)), min_size=1, max_size=6
)


@settings(deadline=None, max_examples=150)
@given(asked=st.lists(st.tuples(st.sampled_from(["video", "live", "practice"]), SPANS), min_size=1, max_size=8))
def test_stretches_are_clipped_to_the_same(asked: list[tuple[str, list[tuple[int, int, int]]]]) -> None:
    book = THEIRS.Book(asdict(LIMITS))
    units: dict[str, UnitStanding] = {}
    days: dict[date, DayStanding] = {}
    for kind, spans in asked:
        mode = UnitMode(kind)
        most = None if mode is UnitMode.VIDEO else 10_800_000
        stretches = [
            Stretch(wall_from_ms=NOON + at, wall_to_ms=NOON + at + long, media_from_ms=media, media_to_ms=media + long)
            if mode is UnitMode.VIDEO
            else Stretch(wall_from_ms=NOON + at, wall_to_ms=NOON + at + long)
            for at, long, media in spans
        ]
        touched = {day for span in spans_touched(stretches, LIMITS) for day, _, _ in split_days(*span)}
        ours = clip_credit(
            stretches=stretches,
            mode=mode,
            limits=LIMITS,
            unit_limit_ms=most,
            unit=units.get(kind, UnitStanding()),
            days={day: days.get(day, DayStanding()) for day in touched},
        )
        units[kind] = ours.unit
        days.update(ours.days)
        rows = [(one.wall_from_ms, one.wall_to_ms, one.media_from_ms, one.media_to_ms) for one in stretches]
        credited, refused = book.clip(rows, THEIRS.Ask(kind, kind, most))
        assert [(day, one) for day, one in credited] == [
            (piece.day.isoformat(), row_of(piece.stretch)) for piece in ours.credited
        ]
        assert refused == [(piece.day.isoformat(), row_of(piece.stretch), piece.reason.value) for piece in ours.refused]


def row_of(one: Stretch) -> tuple[int, int, int | None, int | None]:
    return one.wall_from_ms, one.wall_to_ms, one.media_from_ms, one.media_to_ms
