"""What is credited, what is refused and why: by example, then as laws that hold for every evidence."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from courses.data import UnitMode
from lms.evidence.data import GateUnit, ReasonCode, Stretch
from lms.hours.api import limits_for
from lms.ledger.rules import (
    Clipped,
    DayStanding,
    UnitStanding,
    clip_credit,
    day_of,
    judge_order,
    opened_at,
    spans_touched,
    split_days,
    vacate,
)
from lms.lib.intervals import Span, total, union
from lms.lib.localday import from_ms, local_day, split_at_midnight, to_ms
from tests.factories.ledger import proposal

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
NOON = to_ms(datetime(2026, 11, 2, 4, 0, tzinfo=UTC))  # 12:00 in Shanghai
MIDNIGHT = to_ms(datetime(2026, 11, 2, 16, 0, tzinfo=UTC))
TODAY, TOMORROW = date(2026, 11, 2), date(2026, 11, 3)
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
EMPTY = UnitStanding()


def video(wall: int, length: int, media: int) -> Stretch:
    return Stretch(wall_from_ms=wall, wall_to_ms=wall + length, media_from_ms=media, media_to_ms=media + length)


def present(wall: int, length: int) -> Stretch:
    return Stretch(wall_from_ms=wall, wall_to_ms=wall + length)


def clip(
    *stretches: Stretch,
    mode: UnitMode = UnitMode.VIDEO,
    unit: UnitStanding = EMPTY,
    days: dict[date, DayStanding] | None = None,
    limits: object = None,
    unit_limit_ms: int | None = None,
) -> Clipped:
    given_limits = limits or LIMITS
    touched = spans_touched(stretches, given_limits)  # type: ignore[arg-type]
    known = {day: DayStanding() for span in touched for day, _, _ in split_days(*span)} | (days or {})
    return clip_credit(
        stretches=stretches,
        mode=mode,
        limits=given_limits,  # type: ignore[arg-type]
        unit_limit_ms=unit_limit_ms,
        unit=unit,
        days=known,
    )


def again(before: Clipped, *stretches: Stretch, unit: UnitStanding | None = None) -> Clipped:
    """The same learner's next evidence; of the same unit unless another standing is given."""
    return clip(*stretches, unit=before.unit if unit is None else unit, days=dict(before.days))


def credited_ms(*results: Clipped) -> int:
    return sum(piece.stretch.length_ms for result in results for piece in result.credited)


def reasons(result: Clipped) -> dict[ReasonCode, int]:
    totals: dict[ReasonCode, int] = {}
    for piece in result.refused:
        totals[piece.reason] = totals.get(piece.reason, 0) + piece.stretch.length_ms
    return totals


# --- by example -------------------------------------------------------------------


def test_a_first_viewing_is_credited_whole() -> None:
    result = clip(video(NOON, 15 * SECOND, 0))
    assert [piece.stretch for piece in result.credited] == [video(NOON, 15 * SECOND, 0)]
    assert result.refused == ()
    assert result.unit == UnitStanding(covered=((0, 15_000),), covered_ms=15_000)
    assert result.days[TODAY] == DayStanding(
        occupied=((NOON, NOON + 15_000),), online_ms=15_000, practice_ms=0, total_ms=15_000
    )


def test_the_same_media_again_is_worth_nothing() -> None:
    first = clip(video(NOON, 60 * SECOND, 0))
    second = again(first, video(NOON + HOUR, 60 * SECOND, 30 * SECOND))
    assert reasons(second) == {ReasonCode.DUP_MEDIA: 30_000}
    assert credited_ms(second) == 30_000
    assert second.unit.covered == ((0, 90_000),)
    assert second.days[TODAY].occupied == ((NOON, NOON + 60_000), (NOON + HOUR + 30_000, NOON + HOUR + 60_000))


def test_one_wall_second_is_never_credited_twice_over_two_units() -> None:
    first = clip(video(NOON, 30 * MINUTE, 0))
    other = again(first, video(NOON + 10 * MINUTE, 30 * MINUTE, 0), unit=EMPTY)
    assert reasons(other) == {ReasonCode.OVER_WALL_CLOCK: 20 * MINUTE}
    assert credited_ms(other) == 10 * MINUTE
    assert other.unit.covered == ((20 * MINUTE, 30 * MINUTE),)


def test_media_is_not_spent_where_the_wall_was_refused() -> None:
    busy = DayStanding(occupied=((NOON, NOON + 10_000),), practice_ms=10_000, total_ms=10_000)
    result = clip(video(NOON, 15 * SECOND, 0), days={TODAY: busy})
    assert result.unit == UnitStanding(covered=((10_000, 15_000),), covered_ms=5_000)
    assert reasons(result) == {ReasonCode.OVER_WALL_CLOCK: 10_000}


def test_practice_takes_wall_time_from_video_and_the_other_way_round() -> None:
    practice = clip(present(NOON, HOUR), mode=UnitMode.PRACTICE)
    watched = again(practice, video(NOON + 30 * MINUTE, HOUR, 0), unit=EMPTY)
    assert credited_ms(watched) == 30 * MINUTE
    assert watched.days[TODAY].online_ms == 30 * MINUTE
    assert watched.days[TODAY].practice_ms == HOUR
    assert watched.days[TODAY].total_ms == 90 * MINUTE


def test_nine_hours_in_a_day_bring_six_and_the_rest_is_daily_cap() -> None:
    start = to_ms(datetime(2026, 11, 1, 23, 0, tzinfo=UTC))  # 07:00 in Shanghai
    result = clip(video(start, 9 * HOUR, 0))
    assert credited_ms(result) == 21_600 * SECOND
    assert reasons(result) == {ReasonCode.DAILY_CAP: 3 * HOUR}
    assert result.unit.covered == ((0, 6 * HOUR),)


def test_capped_media_may_be_watched_again_tomorrow() -> None:
    start = to_ms(datetime(2026, 11, 1, 23, 0, tzinfo=UTC))
    capped = clip(video(start, 7 * HOUR, 0))
    tomorrow = again(capped, video(NOON + 24 * HOUR, HOUR, 6 * HOUR))
    assert credited_ms(tomorrow) == HOUR
    assert tomorrow.refused == ()


def test_online_and_practice_together_stop_at_the_total_cap() -> None:
    morning = to_ms(datetime(2026, 11, 1, 22, 0, tzinfo=UTC))
    online = clip(video(morning, 5 * HOUR, 0))
    practice = clip(present(morning + 6 * HOUR, 5 * HOUR), mode=UnitMode.PRACTICE, days=dict(online.days))
    assert credited_ms(online, practice) == 27_000 * SECOND
    assert reasons(practice) == {ReasonCode.DAILY_CAP: 2 * HOUR + 30 * MINUTE}


def test_a_stretch_over_midnight_counts_for_both_days() -> None:
    result = clip(video(MIDNIGHT - MINUTE, 3 * MINUTE, 0))
    assert [(piece.day, piece.stretch) for piece in result.credited] == [
        (TODAY, video(MIDNIGHT - MINUTE, MINUTE, 0)),
        (TOMORROW, video(MIDNIGHT, 2 * MINUTE, MINUTE)),
    ]
    assert result.days[TODAY].total_ms == MINUTE
    assert result.days[TOMORROW].total_ms == 2 * MINUTE
    assert result.unit.covered == ((0, 3 * MINUTE),)


def test_a_cap_reached_before_midnight_does_not_reach_into_the_next_day() -> None:
    result = clip(video(MIDNIGHT - 7 * HOUR, 8 * HOUR, 0))
    assert credited_ms(result) == 7 * HOUR
    assert reasons(result) == {ReasonCode.DAILY_CAP: HOUR}
    assert result.unit.covered == ((0, 6 * HOUR), (7 * HOUR, 8 * HOUR))


def test_a_practice_unit_never_brings_more_than_its_filed_length() -> None:
    result = clip(present(NOON, 2 * HOUR), mode=UnitMode.PRACTICE, unit_limit_ms=HOUR)
    assert credited_ms(result) == HOUR
    assert reasons(result) == {ReasonCode.OVER_LENGTH: HOUR}


def test_a_short_hole_in_continuous_play_is_joined() -> None:
    result = clip(video(NOON, 15_000, 0), video(NOON + 15_300, 15_000, 15_200))
    assert result.unit.covered == ((0, 30_200),)
    assert result.joined_ms == 200
    assert credited_ms(result) == 30_200
    assert result.days[TODAY].occupied == ((NOON, NOON + 15_200), (NOON + 15_300, NOON + 30_300))


def test_a_hole_without_wall_time_stays_open() -> None:
    result = clip(video(NOON, 15_000, 0), video(NOON + 15_000, 15_000, 15_200))
    assert result.unit.covered == ((0, 15_000), (15_200, 30_200))
    assert result.joined_ms == 0


def test_a_hole_longer_than_the_limit_stays_open() -> None:
    result = clip(video(NOON, 15_000, 0), video(NOON + 15_501, 15_000, 15_501))
    assert result.unit.covered == ((0, 15_000), (15_501, 30_501))


def test_a_hole_across_a_pause_stays_open() -> None:
    result = clip(video(NOON, 15_000, 0), video(NOON + MINUTE, 15_000, 15_200))
    assert result.joined_ms == 0


def test_a_joined_hole_takes_only_free_wall_and_new_media() -> None:
    busy = DayStanding(occupied=((NOON + 15_000, NOON + 15_050),), online_ms=50, total_ms=50)
    seen = UnitStanding(covered=((15_100, 15_150),), covered_ms=50)
    result = clip(video(NOON, 15_000, 0), video(NOON + 15_200, 15_000, 15_200), unit=seen, days={TODAY: busy})
    assert result.joined_ms == 100
    assert result.unit.covered == ((0, 15_000), (15_050, 30_200))
    assert result.refused == ()


def test_a_joined_hole_counts_towards_the_daily_cap() -> None:
    limits = replace(LIMITS, online_daily_cap_seconds=30)
    result = clip(video(NOON, 15_000, 0), video(NOON + 15_300, 15_000, 15_300), limits=limits)
    assert (credited_ms(result), result.joined_ms) == (30_000, 300)
    assert reasons(result) == {ReasonCode.DAILY_CAP: 300}


def test_a_reversal_frees_wall_and_media() -> None:
    first = clip(video(NOON, MINUTE, 0))
    freed = vacate(first.days[TODAY], NOON, NOON + MINUTE, UnitMode.VIDEO)
    assert freed == DayStanding()
    once_more = clip(video(NOON, MINUTE, 0), days={TODAY: freed})
    assert credited_ms(once_more) == MINUTE


def test_two_devices_at_once_bring_one_half_hour() -> None:
    one = clip(video(NOON, 30 * MINUTE, 0))
    other = again(one, video(NOON, 30 * MINUTE, 0), unit=EMPTY)
    assert credited_ms(one, other) == 30 * MINUTE


def test_practice_before_the_theory_is_complete_is_refused_for_its_order() -> None:
    asked = proposal(
        mode=UnitMode.PRACTICE,
        stretches=(present(NOON, HOUR),),
        gate=(GateUnit(unit_key="theory", required_seconds=60),),
    )
    half = judge_order(asked, NOON + 30 * MINUTE)
    assert half.stretches == (present(NOON + 30 * MINUTE, 30 * MINUTE),)
    assert [(item.stretch, item.reason) for item in half.refused] == [
        (present(NOON, 30 * MINUTE), ReasonCode.ORDER_GATE)
    ]
    assert judge_order(asked, None).stretches == ()
    assert judge_order(asked, NOON).stretches == asked.stretches
    assert judge_order(replace(asked, gate=()), None) == replace(asked, gate=())


def test_the_gate_opens_at_the_instant_at_which_the_last_required_second_was_earned() -> None:
    earned = [video(NOON + HOUR, MINUTE, MINUTE), video(NOON, MINUTE, 0)]
    assert opened_at(90 * SECOND, earned) == NOON + HOUR + 30 * SECOND
    assert opened_at(2 * MINUTE, earned) == NOON + HOUR + MINUTE
    assert opened_at(2 * MINUTE + 1, earned) is None
    assert opened_at(0, []) == 0


def test_days_are_those_of_shanghai() -> None:
    for instant in (NOON, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1):
        assert day_of(instant) == local_day(from_ms(instant))
    span = (MIDNIGHT - 5, MIDNIGHT + 2 * 24 * HOUR + 5)
    assert split_days(*span) == [(day, start, end) for day, (start, end) in split_at_midnight(span)]


# --- as laws ----------------------------------------------------------------------

CAPPED = replace(LIMITS, online_daily_cap_seconds=40, practice_daily_cap_seconds=30, total_daily_cap_seconds=50)


@st.composite
def one_session(draw: st.DrawFn) -> list[Stretch]:
    """Watching in one session as it happens: the wall runs forward, the video jumps about; around a midnight or not."""
    wall = draw(st.sampled_from([NOON, MIDNIGHT - 20_000]))
    media, played = 0, []
    for _ in range(draw(st.integers(1, 8))):
        wall += draw(st.sampled_from([0, 0, 3, 200, 499, 500, 501, 5_000]))
        media = max(0, media + draw(st.sampled_from([0, 0, 3, 200, 500, 501, -4_000, 9_000])))
        length = draw(st.integers(1, 9_000))
        played.append(video(wall, length, media))
        wall, media = wall + length, media + length
    return played


anything = st.lists(
    st.builds(video, st.integers(MIDNIGHT - 30_000, MIDNIGHT + 20_000), st.integers(1, 20_000), st.integers(0, 40_000)),
    min_size=1,
    max_size=8,
)


def post_all(
    evidence: Iterable[Sequence[Stretch]], limits: object = LIMITS
) -> tuple[UnitStanding, dict[date, DayStanding], list[Clipped]]:
    """One learner's evidence for one unit, posted piece by piece."""
    unit, days, results = EMPTY, dict[date, DayStanding](), list[Clipped]()
    for stretches in evidence:
        result = clip(*stretches, unit=unit, days=days, limits=limits)
        unit, days = result.unit, dict(result.days)
        results.append(result)
    return unit, days, results


def media_union(stretches: Iterable[Stretch]) -> int:
    return total(union((item.media_from_ms or 0, item.media_to_ms or 0) for item in stretches))


def wall_union(stretches: Iterable[Stretch]) -> tuple[Span, ...]:
    return union((item.wall_from_ms, item.wall_to_ms) for item in stretches)


@settings(max_examples=200, deadline=None)
@given(
    played=one_session(),
    sizes=st.lists(st.integers(1, 3), min_size=8, max_size=8),
    chance=st.randoms(use_true_random=False),
)
def test_order_and_duplication_never_change_what_a_session_brings(
    played: list[Stretch], sizes: list[int], chance: random.Random
) -> None:
    evidence: list[list[Stretch]] = []
    rest = list(played)
    for size in sizes:
        evidence, rest = [*evidence, rest[:size]], rest[size:]
    told = [piece for piece in evidence if piece for _ in range(2)]
    chance.shuffle(told)
    straight, _, _ = post_all(evidence)
    shuffled, _, _ = post_all(told)
    assert shuffled == straight


@settings(max_examples=200, deadline=None)
@given(played=one_session(), chance=st.randoms(use_true_random=False))
def test_order_never_changes_how_much_a_capped_day_brings(played: list[Stretch], chance: random.Random) -> None:
    within = [stretch for stretch in played if stretch.wall_to_ms <= MIDNIGHT] or [played[0]]
    limits = replace(LIMITS, online_daily_cap_seconds=12, join_gap_ms=0)
    shuffled = chance.sample(within, len(within))
    straight, _, _ = post_all([[stretch] for stretch in within], limits)
    other, _, _ = post_all([[stretch] for stretch in shuffled], limits)
    assert other.covered_ms == straight.covered_ms


@settings(max_examples=200, deadline=None)
@given(evidence=st.lists(anything, min_size=1, max_size=4))
def test_every_millisecond_asked_ends_credited_or_refused_once(evidence: list[list[Stretch]]) -> None:
    _, _, results = post_all(evidence, CAPPED)
    for stretches, result in zip(evidence, results, strict=True):
        asked = sum(stretch.length_ms for stretch in stretches)
        refused = sum(piece.stretch.length_ms for piece in result.refused)
        assert credited_ms(result) + refused == asked + result.joined_ms
        dated = [(piece.day, piece.stretch) for piece in result.credited]
        dated += [(piece.day, piece.stretch) for piece in result.refused]
        for day, stretch in dated:
            assert local_day(from_ms(stretch.wall_from_ms)) == day
            assert local_day(from_ms(stretch.wall_to_ms - 1)) == day
            assert stretch.length_ms > 0


@settings(max_examples=200, deadline=None)
@given(evidence=st.lists(anything, min_size=1, max_size=4))
def test_credit_never_exceeds_wall_media_or_caps(evidence: list[list[Stretch]]) -> None:
    unit, days, results = post_all(evidence, CAPPED)
    everything = [stretch for stretches in evidence for stretch in stretches]
    joined = sum(result.joined_ms for result in results)
    credited = [piece for result in results for piece in result.credited]
    assert credited_ms(*results) == unit.covered_ms == total(unit.covered)
    assert unit.covered_ms <= total(wall_union(everything)) + joined
    assert unit.covered_ms <= media_union(everything) + joined
    assert total(wall_union(piece.stretch for piece in credited)) == unit.covered_ms
    assert media_union(piece.stretch for piece in credited) == unit.covered_ms
    for day, standing in days.items():
        of_day = sum(piece.stretch.length_ms for piece in credited if piece.day == day)
        assert standing.total_ms == standing.online_ms == of_day == total(standing.occupied)
        assert of_day <= 40_000


@settings(max_examples=200, deadline=None)
@given(played=one_session(), cheats=anything)
def test_parallel_playing_never_raises_the_credit(played: list[Stretch], cheats: list[Stretch]) -> None:
    """A second window earns only what wall time the first left over: both together stay within the clock."""
    honest, days, _ = post_all([played])
    walls = wall_union(played)
    parallel = [video(start, end - start, cheat.media_from_ms or 0) for cheat in cheats for start, end in walls[:1]]
    other = clip(*parallel, unit=EMPTY, days=days)
    assert honest.covered_ms + credited_ms(other) <= total(walls) + 500 * len(played)
    if honest.covered_ms == total(walls):
        assert credited_ms(other) == 0


@settings(max_examples=200, deadline=None)
@given(played=one_session(), repeats=st.integers(1, 3))
def test_watching_again_never_raises_the_credit(played: list[Stretch], repeats: int) -> None:
    honest, days, _ = post_all([played])
    later = [
        video(stretch.wall_from_ms + 2 * HOUR * turn, stretch.length_ms, stretch.media_from_ms or 0)
        for turn in range(1, repeats + 1)
        for stretch in played
    ]
    cheated, _, _ = post_all([played, *([stretch] for stretch in later)])
    assert honest.covered_ms <= cheated.covered_ms <= honest.covered_ms + 0
    assert days == post_all([played])[1]
