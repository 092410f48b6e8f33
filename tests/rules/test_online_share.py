"""Online share (HRS-04), a day's totals and order gate: as examples, and as laws over any order of arrival."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.data import UnitMode
from lms.evidence.data import GateUnit, OnlineShare, ReasonCode, Stretch
from lms.ledger.rules import (
    Clipped,
    DayStanding,
    UnitStanding,
    clip_credit,
    opened_at,
    room_from_later_modes,
    share_room,
)
from tests.factories.ledger import DAY, HOUR, LIMITS, MINUTE, NOON, SECOND, present, video

UNITS = ("lesson-1", "lesson-2", "live-1")


def share(limit_seconds: int, *required: int) -> OnlineShare:
    asked = zip(UNITS, required, strict=False)
    return OnlineShare(
        limit_seconds=limit_seconds,
        units=tuple(GateUnit(unit_key=key, required_seconds=seconds) for key, seconds in asked),
    )


class Books:
    """One learner's standings for one class with an online share, posted piece by piece."""

    def __init__(self, bound: OnlineShare, limits: object = LIMITS) -> None:
        self.bound, self.limits = bound, limits
        self.units: dict[str, UnitStanding] = {}
        self.days: dict[date, DayStanding] = {}

    def post(self, unit_key: str, stretch: Stretch, mode: UnitMode = UnitMode.VIDEO) -> Clipped:
        credited = {key: unit.covered_ms for key, unit in self.units.items()}
        clipped = clip_credit(
            stretches=(stretch,),
            mode=mode,
            limits=self.limits,  # type: ignore[arg-type]
            unit_limit_ms=None,
            unit=self.units.get(unit_key, UnitStanding()),
            days={day: self.days.get(day, DayStanding()) for day in (DAY,)},
            share_room_ms=share_room(self.bound, unit_key, credited) if mode is not UnitMode.PRACTICE else None,
        )
        self.units[unit_key] = clipped.unit
        self.days.update(clipped.days)
        return clipped

    @property
    def online_ms(self) -> int:
        return sum(unit.covered_ms for unit in self.units.values())


def reasons(clipped: Clipped) -> dict[ReasonCode, int]:
    totals: dict[ReasonCode, int] = {}
    for piece in clipped.refused:
        totals[piece.reason] = totals.get(piece.reason, 0) + piece.stretch.length_ms
    return totals


def test_online_hours_above_the_share_are_refused_as_mix_cap() -> None:
    books = Books(share(100, 60))
    assert reasons(books.post("lesson-1", video(NOON, 130 * SECOND, 0))) == {ReasonCode.MIX_CAP: 30 * SECOND}
    assert books.online_ms == 100 * SECOND
    assert reasons(books.post("lesson-1", video(NOON + HOUR, 30 * SECOND, 90 * SECOND))) == {
        ReasonCode.DUP_MEDIA: 10 * SECOND,
        ReasonCode.MIX_CAP: 20 * SECOND,
    }


def test_what_the_share_refuses_takes_neither_wall_nor_day() -> None:
    books = Books(share(60, 60))
    books.post("lesson-1", video(NOON, 90 * SECOND, 0))
    assert books.days[DAY] == DayStanding(
        occupied=((NOON, NOON + 60 * SECOND),), online_ms=60 * SECOND, total_ms=60 * SECOND
    )


def test_a_longer_video_never_takes_the_room_that_the_last_lesson_needs() -> None:
    books = Books(share(120, 60, 60))
    first = books.post("lesson-1", video(NOON, 90 * SECOND, 0))
    last = books.post("lesson-2", video(NOON + HOUR, 60 * SECOND, 0))
    assert reasons(first) == {ReasonCode.MIX_CAP: 30 * SECOND}
    assert (reasons(last), books.units["lesson-2"].covered_ms) == ({}, 60 * SECOND)


def test_a_plan_that_asks_for_more_than_its_share_is_first_come_first_served() -> None:
    books = Books(share(100, 80, 80))
    books.post("lesson-1", video(NOON, 80 * SECOND, 0))
    assert reasons(books.post("lesson-2", video(NOON + HOUR, 80 * SECOND, 0))) == {ReasonCode.MIX_CAP: 60 * SECOND}


def test_the_day_is_asked_after_the_share_so_that_a_full_day_costs_no_share() -> None:
    books = Books(share(100, 0), replace(LIMITS, online_daily_cap_seconds=40))
    assert reasons(books.post("lesson-1", video(NOON, 130 * SECOND, 0))) == {
        ReasonCode.DAILY_CAP: 60 * SECOND,
        ReasonCode.MIX_CAP: 30 * SECOND,
    }
    assert share_room(books.bound, "lesson-1", {"lesson-1": 40 * SECOND}) == 60 * SECOND


def test_of_a_full_day_online_goes_before_practice_as_far_as_its_own_cap_allows() -> None:
    limits = replace(LIMITS, online_daily_cap_seconds=50, practice_daily_cap_seconds=60, total_daily_cap_seconds=80)
    full = DayStanding(online_ms=20_000, practice_ms=60_000, total_ms=80_000)
    assert room_from_later_modes(UnitMode.VIDEO, full, 10_000, limits) == 10_000
    assert room_from_later_modes(UnitMode.LIVE, full, 99_000, limits) == 30_000
    assert room_from_later_modes(UnitMode.PRACTICE, full, 99_000, limits) == 0
    assert room_from_later_modes(UnitMode.MENTORING, full, 99_000, limits) == 0
    mentored = DayStanding(online_ms=20_000, practice_ms=20_000, total_ms=80_000)
    assert room_from_later_modes(UnitMode.PRACTICE, mentored, 50_000, limits) == 40_000


def test_a_day_that_an_older_pack_filled_higher_gives_nothing() -> None:
    limits = replace(LIMITS, online_daily_cap_seconds=50, practice_daily_cap_seconds=60, total_daily_cap_seconds=80)
    assert room_from_later_modes(UnitMode.VIDEO, DayStanding(practice_ms=59_000, total_ms=81_000), 9_000, limits) == 0
    assert room_from_later_modes(UnitMode.VIDEO, DayStanding(practice_ms=61_000, total_ms=70_000), 9_000, limits) == 0


def test_the_gate_opens_when_the_theory_was_first_watched_however_late_that_came_in() -> None:
    late = [video(NOON + HOUR, MINUTE, 0)]
    assert opened_at(MINUTE, late) == NOON + HOUR + MINUTE
    assert opened_at(MINUTE, late, [video(NOON, MINUTE, 0)]) == NOON + MINUTE
    assert opened_at(MINUTE, late, [video(NOON, 30 * SECOND, 0)]) == NOON + HOUR + MINUTE
    assert opened_at(MINUTE, late, [video(NOON, MINUTE, 5 * MINUTE)]) == NOON + HOUR + MINUTE
    assert opened_at(MINUTE, [], [video(NOON, MINUTE, 0)]) is None


# --- as laws ----------------------------------------------------------------------

lengths = st.integers(1, 40)
pieces = st.lists(st.tuples(st.sampled_from(UNITS), lengths), min_size=1, max_size=10)


def told(history: Sequence[tuple[str, int]]) -> list[tuple[str, Stretch]]:
    """New media and wall time of its own for each piece."""
    at, media, out = NOON, dict.fromkeys(UNITS, 0), []
    for unit, seconds in history:
        length = seconds * SECOND
        out.append((unit, video(at, length, media[unit]) if unit != "live-1" else present(at, length)))
        at += length
        media[unit] += length
    return out


def mixed(evidence: Iterable[tuple[str, Stretch]], chance: random.Random) -> list[tuple[str, Stretch]]:
    doubled = [piece for piece in evidence for _ in range(2)]
    chance.shuffle(doubled)
    return doubled


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=pieces, spare=st.integers(-30, 60), required=st.tuples(lengths, lengths, lengths), chance=st.randoms())
def test_the_share_brings_the_same_total_in_any_order(
    history: list[tuple[str, int]], spare: int, required: tuple[int, int, int], chance: random.Random
) -> None:
    """Each unit up to what the plan asks of it, and of all that goes beyond, what the share has to spare."""
    limit = max(0, sum(required) + spare)
    books = Books(share(limit, *required))
    for unit, stretch in mixed(told(history), chance):
        books.post(unit, stretch)
    asked = {unit: sum(seconds for key, seconds in history if key == unit) for unit in UNITS}
    if spare < 0:
        expected = min(sum(asked.values()), limit)
    else:
        needs = dict(zip(UNITS, required, strict=True))
        expected = sum(min(asked[unit], needs[unit]) for unit in UNITS)
        expected += min(spare, sum(max(0, asked[unit] - needs[unit]) for unit in UNITS))
        for unit in UNITS:
            credited = books.units.get(unit, UnitStanding()).covered_ms
            assert credited >= min(asked[unit], needs[unit]) * SECOND
    assert books.online_ms == expected * SECOND
    assert books.days[DAY].online_ms == books.online_ms


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=pieces, practice=st.lists(lengths, max_size=6), chance=st.randoms())
def test_a_days_total_is_the_same_in_any_order(
    history: list[tuple[str, int]], practice: list[int], chance: random.Random
) -> None:
    """The three bounds of a day lie in each other, so any order fills it equally far (which kind fills it is settled
    when it is posted)."""
    limits = replace(LIMITS, online_daily_cap_seconds=50, practice_daily_cap_seconds=60, total_daily_cap_seconds=80)
    books = Books(share(10_000, 0, 0, 0), limits)
    evidence = [(unit, stretch, UnitMode.VIDEO) for unit, stretch in told(history)]
    begin = NOON - HOUR
    for seconds in practice:
        evidence.append(("workshop", present(begin, seconds * SECOND), UnitMode.PRACTICE))
        begin += seconds * SECOND
    doubled = [piece for piece in evidence for _ in range(2)]
    chance.shuffle(doubled)
    for unit, stretch, mode in doubled:
        books.post(unit, stretch, mode)
    online = sum(seconds for _, seconds in history)
    assert books.days[DAY].total_ms == min(80, min(50, online) + min(60, sum(practice))) * SECOND
    assert books.days[DAY].online_ms <= 50 * SECOND
    assert books.days[DAY].practice_ms <= 60 * SECOND


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    views=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30)), min_size=1, max_size=8),
    required=st.integers(1, 40),
    chance=st.randoms(),
)
def test_the_gates_instant_is_the_same_in_any_order(
    views: list[tuple[int, int]], required: int, chance: random.Random
) -> None:
    """Viewings one after the other, of media that repeat: whichever is credited, the first viewing opens the gate."""
    at, viewed = NOON, []
    for start, seconds in views:
        viewed.append(video(at, seconds * SECOND, start * 5 * SECOND))
        at += seconds * SECOND

    def instant(order: Sequence[Stretch]) -> int | None:
        books = Books(share(10_000, 0))
        credited: list[Stretch] = []
        again: list[Stretch] = []
        for stretch in order:
            clipped = books.post("lesson-1", stretch)
            credited += [piece.stretch for piece in clipped.credited]
            again += [piece.stretch for piece in clipped.refused if piece.reason is ReasonCode.DUP_MEDIA]
        return opened_at(required * SECOND, credited, again)

    assert instant(chance.sample(viewed, len(viewed))) == instant(viewed)
