"""A session folded from its beats: figures, and properties over generated histories (domain 7.4, 1 to 3)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.hours.api import CURRENT_PACK, limits_for
from lms.lib.intervals import total, union
from lms.player.data import Beat, Played, SessionFacts, Verdict
from lms.player.rules import is_sane
from lms.player.timeline import Outcome, PlayState, fold_beats, mark_seen, next_seq

LIMITS = limits_for(pack=CURRENT_PACK, category="blended_class")
NOON = 1_790_000_000_000
FACTS = SessionFacts(started_ms=NOON, unit_ms=2_700_000, window_from_ms=0, window_to_ms=NOON * 2)


def fold(beats: Iterable[Beat], facts: SessionFacts = FACTS) -> Outcome:
    return fold_beats(PlayState(), facts, beats, LIMITS)


def in_turn(messages: Sequence[Sequence[Beat]], facts: SessionFacts = FACTS) -> list[Outcome]:
    """Each message settled alone, as the live path does when it keeps up."""
    state = PlayState()
    return [fold_beats(state, facts, message, LIMITS) for message in messages]


def covered(outcomes: Outcome | Sequence[Outcome]) -> int:
    many = [outcomes] if isinstance(outcomes, Outcome) else outcomes
    return total(union(stretch.media for outcome in many for stretch in outcome.stretches))


def play(
    *,
    seconds: int,
    start_ms: int = 1_000,
    media_ms: int = 0,
    delays: Sequence[int] = (80,),
    boot: str = "b",
    seq: int = 0,
) -> list[list[Beat]]:
    """Continuous watching at normal speed from page clock `start_ms`; page clock 0 is the session's start."""
    messages = []
    for index in range(-(-seconds // 15)):
        begin, end = index * 15_000, min((index + 1) * 15_000, seconds * 1000)
        sent = start_ms + end
        messages.append(
            [
                Beat(
                    boot=boot,
                    seq=seq + index,
                    from_ms=start_ms + begin,
                    to_ms=sent,
                    media_from_ms=media_ms + begin,
                    media_to_ms=media_ms + end,
                    rate_milli=1000,
                    why="tick",
                    sent_ms=sent,
                    received_ms=NOON + sent + delays[index % len(delays)],
                )
            ]
        )
    return messages


def flat(messages: Iterable[Iterable[Beat]]) -> list[Beat]:
    return [beat for message in messages for beat in message]


def test_a_whole_lesson_in_one_go_is_one_stretch() -> None:
    outcome = fold(flat(play(seconds=2_700)))
    assert [(stretch.media_from_ms, stretch.length_ms) for stretch in outcome.stretches] == [(0, 2_700_000)]
    assert outcome.refused == ()
    assert {verdict.verdict for verdict in outcome.verdicts} == {Verdict.COUNTED}
    assert len(outcome.taken) == 180


def test_settling_message_by_message_gives_the_same_as_all_at_once() -> None:
    messages = play(seconds=900, delays=(300, 80, 1_900, 40, 700))
    assert covered(in_turn(messages)) == covered(fold(flat(messages))) == 900_000


def test_a_bad_network_costs_an_honest_learner_next_to_nothing() -> None:
    chance = random.Random(7)  # noqa: S311  the same delays in each run
    delays = [chance.randrange(100, 6_000) for _ in range(60)]
    messages = play(seconds=900, start_ms=4_000, delays=delays)
    assert covered(in_turn(messages)) >= 900_000 * 995 // 1000


def test_a_tunnel_is_caught_up_when_the_queue_arrives_at_once() -> None:
    messages = play(seconds=600)
    stuck = [beat._replace(sent_ms=400_000, received_ms=NOON + 400_100) for beat in flat(messages[4:26])]
    outcomes = in_turn([*messages[:4], stuck, *messages[26:]])
    assert covered(outcomes) == 600_000
    assert Verdict.LATE_SYNC in {verdict.verdict for verdict in outcomes[4].verdicts}


def test_a_tunnel_is_caught_up_when_the_queue_arrives_one_by_one() -> None:
    messages = play(seconds=600)
    stuck = [
        [beat._replace(sent_ms=400_000 + 900 * i, received_ms=NOON + 400_100 + 900 * i)]
        for i, beat in enumerate(flat(messages[4:26]))
    ]
    assert covered(in_turn([*messages[:4], *stuck, *messages[26:]])) == 600_000


def test_more_than_ten_minutes_offline_loses_the_oldest_part() -> None:
    messages = play(seconds=1_200)
    stuck = [beat._replace(sent_ms=1_201_000, received_ms=NOON + 1_201_000) for beat in flat(messages[2:])]
    outcomes = in_turn([*messages[:2], stuck])
    assert covered(outcomes) == 30_000 + 600_000
    assert {refused.reason for refused in outcomes[2].refused} == {"over_wall_clock"}


def test_a_backdated_queue_earns_nothing_while_the_session_was_in_contact() -> None:
    live = play(seconds=300, media_ms=0)
    forged = [
        Beat("b", 500 + i, 1_000 + 15_000 * i, 16_000 + 15_000 * i, 1_000_000 + 15_000 * i, 1_015_000 + 15_000 * i,
             1000, "tick", 301_000, NOON + 301_200)
        for i in range(17)
    ]  # fmt: skip
    assert covered(in_turn([*live, forged])) == 300_000


def test_a_reload_places_the_old_pages_beats_where_they_belong() -> None:
    before = play(seconds=60)
    tail = before[3][0]
    resent = tail._replace(sent_boot="c", sent_ms=900, received_ms=NOON + 75_000)
    after = play(seconds=30, boot="c", seq=4, media_ms=60_000, start_ms=1_000)
    after = [[beat._replace(sent_boot="c", received_ms=beat.received_ms + 75_000)] for beat in flat(after)]
    outcomes = in_turn([*before[:3], [resent], *after])
    assert covered(outcomes) == 90_000


def test_two_tabs_of_one_session_share_one_wall() -> None:
    left = play(seconds=300)
    right = play(seconds=300, boot="other", media_ms=1_000_000, seq=1_000)
    outcome = fold(flat(left) + flat(right))
    assert covered(outcome) == 300_000
    assert sum(refused.claim.length_ms for refused in outcome.refused) == 300_000


def test_watching_a_minute_again_and_again_covers_one_minute() -> None:
    loops = [beat for i in range(5) for beat in flat(play(seconds=60, start_ms=1_000 + 61_000 * i, seq=10 * i))]
    assert covered(fold(loops)) == 60_000


def test_holes_of_half_a_second_are_watched_and_larger_ones_are_not() -> None:
    first, second, third = (
        Beat(
            "b", seq, start, start + 14_600, start, start + 14_600, 1000, "tick", start + 14_600, NOON + start + 14_700
        )
        for seq, start in enumerate((0, 15_000, 30_200))
    )
    for outcomes in ([fold([first, second, third])], in_turn([[first], [second], [third]])):
        assert covered(outcomes) == 44_800 - 600


def test_holes_made_by_speed_stay_holes() -> None:
    beats = [
        Beat("b", i, 15_000 * i, 15_000 * (i + 1), 15_300 * i, 15_300 * (i + 1), 1000, "tick",
             15_000 * (i + 1), NOON + 15_000 * (i + 1) + 100)
        for i in range(20)
    ]  # fmt: skip
    assert covered(fold(beats)) == covered(in_turn([[beat] for beat in beats])) == 300_000


def test_the_unit_is_whole_though_its_first_and_last_frame_were_sampled_late() -> None:
    facts = FACTS._replace(unit_ms=30_000)
    beats = [
        Beat("b", 0, 2_000, 17_000, 80, 15_080, 1000, "tick", 17_000, NOON + 17_100),
        Beat("b", 1, 17_000, 31_800, 15_080, 29_880, 1000, "end", 31_800, NOON + 32_100),
    ]
    assert covered(fold(beats, facts)) == 30_000


def test_a_replayed_or_nonsensical_beat_says_so_and_changes_nothing() -> None:
    honest = flat(play(seconds=60))
    again = [honest[1]._replace(received_ms=honest[1].received_ms + 5_000, sent_ms=honest[1].sent_ms + 5_000)]
    nonsense = [honest[2]._replace(seq=77, media_to_ms=-4), honest[2]._replace(seq=-1)]
    outcome = fold([*honest, *again, *nonsense])
    assert covered(outcome) == covered(fold(honest))
    assert [verdict.verdict for verdict in outcome.verdicts].count(Verdict.REPLAYED) == 1
    assert [verdict.verdict for verdict in outcome.verdicts].count(Verdict.MALFORMED) == 2


def test_the_state_survives_storing_and_stays_small() -> None:
    import msgspec

    state = PlayState()
    for message in play(seconds=2_700, delays=(0, 400, 20)):
        fold_beats(state, FACTS, message, LIMITS)
        state = msgspec.json.decode(msgspec.json.encode(state), type=PlayState)
    assert next_seq(state) == 180
    assert len(msgspec.json.encode(state)) < 400


def test_numbers_seen_are_kept_as_few_runs_and_too_many_gaps_are_refused() -> None:
    spans: list[tuple[int, int]] = []
    assert all(mark_seen(spans, seq) for seq in (4, 0, 1, 3, 2, 9))
    assert spans == [(0, 4), (9, 9)]
    assert all(mark_seen(spans, seq) for seq in range(11, 407, 2))
    assert not mark_seen(spans, 9_999)
    assert mark_seen(spans, 10)


# --- properties ------------------------------------------------------------------------
BEAT = st.builds(
    lambda boot, seq, start, length, media, ratio, rate, late, delay, sent_boot: Beat(
        boot=boot,
        seq=seq,
        from_ms=start,
        to_ms=start + length,
        media_from_ms=media,
        media_to_ms=media + length * ratio // 1000,
        rate_milli=rate,
        why="tick",
        sent_ms=start + length + late,
        received_ms=NOON + start + length + late + delay,
        sent_boot=sent_boot,
    ),
    st.sampled_from(["a", "b", "c"]),
    st.integers(-1, 12),
    st.integers(-500, 900_000),
    st.integers(-10, 40_000),
    st.integers(-100, 2_800_000),
    st.sampled_from([0, 500, 990, 1000, 1000, 1000, 1010, 2000, 16_000]),
    st.sampled_from([-1, 500, 1000, 1000, 1000, 1010, 16_000]),
    st.sampled_from([0, 0, 0, 20_000, 300_000, 900_000]),
    st.sampled_from([0, 50, 900, 8_000, 120_000]),
    st.sampled_from(["", "", "a"]),
)
HISTORY = st.lists(BEAT, min_size=1, max_size=30)


@settings(max_examples=300, deadline=None)
@given(HISTORY, st.randoms(use_true_random=False))
def test_order_and_repetition_never_change_the_result(beats: list[Beat], chance: random.Random) -> None:
    shuffled = beats + chance.sample(beats, k=len(beats) // 2)
    chance.shuffle(shuffled)
    once, again = fold(beats), fold(shuffled)
    assert (again.stretches, again.refused, again.taken) == (once.stretches, once.refused, once.taken)


@settings(max_examples=300, deadline=None)
@given(HISTORY, st.integers(0, 2_700_000))
def test_kept_time_is_real_time_once(beats: list[Beat], unit_ms: int) -> None:
    outcome = fold(beats, FACTS._replace(unit_ms=unit_ms))
    last = NOON
    for stretch in outcome.stretches:
        assert stretch.length_ms > 0
        assert stretch.wall_from_ms >= last
        assert stretch.media_from_ms >= 0
        assert stretch.media_to_ms <= unit_ms
        last = stretch.wall_to_ms
    assert last <= max(beat.received_ms for beat in beats) or not outcome.stretches


@settings(max_examples=200, deadline=None)
@given(HISTORY, st.lists(BEAT, max_size=8))
def test_what_was_kept_is_never_kept_again_when_everything_is_sent_again(beats: list[Beat], later: list[Beat]) -> None:
    state = PlayState()
    fold_beats(state, FACTS, beats, LIMITS)
    again = [beat._replace(received_ms=beat.received_ms + 1_000_000) for beat in beats]
    assert fold_beats(state, FACTS, again, LIMITS).stretches == ()
    known = {(beat.boot, beat.seq) for beat in beats if is_sane(beat)}
    fresh = [beat for beat in later if (beat.boot, beat.seq) not in known]
    assert all(beat in fresh for beat in fold_beats(state, FACTS, later, LIMITS).taken)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40), st.sampled_from([1001, 1010, 1250, 2000, 16_000]), st.booleans())
def test_speed_never_gains_over_honest_watching(count: int, ratio: int, declared: bool) -> None:
    honest = play(seconds=15 * count)
    fast = [
        [
            beat._replace(
                media_from_ms=beat.media_from_ms * ratio // 1000,
                media_to_ms=beat.media_to_ms * ratio // 1000,
                rate_milli=ratio if declared else 1000,
            )
        ]
        for beat in flat(honest)
    ]
    assert covered(in_turn(fast)) <= covered(in_turn(honest))
    assert covered(fold(flat(fast))) <= covered(fold(flat(honest)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 1_900), min_size=4, max_size=40), st.integers(1, 2_000))
def test_honest_watching_is_whole_whatever_the_delays(delays: list[int], start_ms: int) -> None:
    messages = play(seconds=15 * len(delays), delays=delays, start_ms=start_ms)
    assert covered(in_turn(messages)) == covered(fold(flat(messages))) == 15_000 * len(delays)


@pytest.mark.parametrize("field", ["from_ms", "to_ms", "media_from_ms", "media_to_ms", "sent_ms", "rate_milli", "seq"])
@pytest.mark.parametrize("value", [-1, -(2**62), 2**62, 0])
def test_absurd_numbers_never_raise_the_credit(field: str, value: int) -> None:
    honest = flat(play(seconds=120))
    bent = [*honest[:3], honest[3]._replace(**{field: value}), *honest[4:]]  # type: ignore[arg-type]  # by name
    outcome = fold(bent)
    assert covered(outcome) <= covered(fold(honest))
    assert all(isinstance(stretch, Played) for stretch in outcome.stretches)


def test_a_millisecond_lost_to_rounding_between_two_stretches_does_not_cost_the_lesson() -> None:
    """Seen on a real phone page: media ran 1 ms ahead of the page's clock, and 44:59 of 45:00 was credited."""
    first, second = flat(play(seconds=30))
    ahead = second._replace(media_from_ms=second.media_from_ms + 1, media_to_ms=second.media_to_ms + 1)
    outcomes = in_turn([[first], [ahead]])
    assert covered(outcomes) == 30_001
    assert [gap for outcome in outcomes for gap in outcome.refused] == []
