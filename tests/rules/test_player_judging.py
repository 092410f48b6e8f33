"""One beat, judged alone (domain 1.2)."""

from __future__ import annotations

from lms.hours.api import CURRENT_PACK, limits_for
from lms.player.data import Beat, Judged, Played, Refused, SessionFacts, Standpoint, Verdict
from lms.player.rules import floor_for, judge_beat, place_clock

LIMITS = limits_for(pack=CURRENT_PACK, category="blended_class")
NOON = 1_790_000_000_000
SESSION = SessionFacts(started_ms=NOON, unit_ms=2_700_000, window_from_ms=0, window_to_ms=NOON * 2)
HERE = Standpoint(session=SESSION, offset_ms=NOON, floor_ms=NOON)


def beat(**changes: object) -> Beat:
    usual = Beat(
        boot="b",
        seq=0,
        from_ms=5_000,
        to_ms=20_000,
        media_from_ms=60_000,
        media_to_ms=75_000,
        rate_milli=1000,
        why="tick",
        sent_ms=20_000,
        received_ms=NOON + 20_000,
    )
    return usual._replace(**changes)  # type: ignore[arg-type]  # tests change what they like


def judge(changed: Beat, view: Standpoint = HERE) -> Judged:
    return judge_beat(changed, view, LIMITS)


def test_an_honest_beat_counts_whole() -> None:
    assert judge(beat()) == Judged(Played(NOON + 5_000, 60_000, 15_000), Verdict.COUNTED, ())


def test_slower_play_counts_its_media() -> None:
    assert judge(beat(media_to_ms=67_000, rate_milli=500)).stretch == Played(NOON + 5_000, 60_000, 7_000)


def test_a_little_more_media_than_time_is_cut_without_blame() -> None:
    judged = judge(beat(media_to_ms=75_040))
    assert judged == Judged(Played(NOON + 5_000, 60_000, 15_000), Verdict.CLIPPED, ())


def test_a_jump_keeps_the_first_part_that_fits() -> None:
    judged = judge(beat(media_to_ms=600_000))
    assert judged == Judged(
        Played(NOON + 5_000, 60_000, 15_000),
        Verdict.TOO_FAST,
        (Refused("speed_clip", Played(NOON + 20_000, 75_000, 525_000)),),
    )


def test_what_a_jump_skips_ends_with_the_unit() -> None:
    judged = judge(beat(media_to_ms=900_000_000))
    assert judged.refused == (Refused("speed_clip", Played(NOON + 20_000, 75_000, 2_625_000)),)


def test_sixteen_times_speed_earns_the_time_that_passed() -> None:
    judged = judge(beat(media_to_ms=300_000, rate_milli=16_000))
    assert judged.stretch == Played(NOON + 5_000, 60_000, 15_000)
    assert judged.verdict is Verdict.TOO_FAST


def test_a_hundredth_too_fast_never_gains() -> None:
    judged = judge(beat(media_to_ms=75_150, rate_milli=1_010))
    assert judged.stretch == Played(NOON + 5_000, 60_000, 15_000)
    assert judged.verdict is Verdict.TOO_FAST


def test_a_declared_rate_lowers_what_its_figures_hide() -> None:
    assert judge(beat(rate_milli=2_000)).stretch == Played(NOON + 5_000, 60_000, 7_500)


def test_nothing_before_the_session_started() -> None:
    judged = judge(beat(), HERE._replace(session=SESSION._replace(started_ms=NOON + 9_000)))
    assert judged == Judged(
        Played(NOON + 9_000, 64_000, 11_000),
        Verdict.CLIPPED,
        (Refused("over_wall_clock", Played(NOON + 5_000, 60_000, 4_000)),),
    )


def test_nothing_after_the_receipt() -> None:
    judged = judge(beat(received_ms=NOON + 12_000))
    assert judged.stretch == Played(NOON + 5_000, 60_000, 7_000)
    assert judge(beat(received_ms=NOON + 5_000)) == Judged(
        None, Verdict.TOO_LATE, (Refused("over_wall_clock", Played(NOON + 5_000, 60_000, 15_000)),)
    )


def test_a_late_beat_says_so_and_one_before_the_floor_is_too_late() -> None:
    assert judge(beat(received_ms=NOON + 300_000)).verdict is Verdict.LATE_SYNC
    late = judge(beat(received_ms=NOON + 900_000), HERE._replace(floor_ms=NOON + 300_000))
    assert late == Judged(None, Verdict.TOO_LATE, (Refused("over_wall_clock", Played(NOON + 285_000, 60_000, 15_000)),))


def test_only_the_class_window_counts() -> None:
    ends = SESSION._replace(window_to_ms=NOON + 10_000)
    assert judge(beat(), HERE._replace(session=ends)) == Judged(
        Played(NOON + 5_000, 60_000, 5_000),
        Verdict.CLIPPED,
        (Refused("out_of_window", Played(NOON + 10_000, 65_000, 10_000)),),
    )
    over = SESSION._replace(window_to_ms=NOON)
    assert judge(beat(), HERE._replace(session=over)).verdict is Verdict.OUT_OF_WINDOW


def test_a_newer_clock_ends_this_one() -> None:
    ended = SESSION._replace(superseded_ms=NOON + 11_000)
    assert judge(beat(), HERE._replace(session=ended)).stretch == Played(NOON + 5_000, 60_000, 6_000)
    before = SESSION._replace(superseded_ms=NOON + 1_000)
    assert judge(beat(), HERE._replace(session=before)).verdict is Verdict.SUPERSEDED


def test_beyond_the_end_of_the_unit_nothing_counts() -> None:
    assert judge(beat(media_from_ms=2_690_000, media_to_ms=2_705_000)).stretch == Played(
        NOON + 5_000, 2_690_000, 10_000
    )
    assert judge(beat(media_from_ms=2_700_000, media_to_ms=2_715_000)) == Judged(None, Verdict.CLIPPED, ())


def test_numbers_that_describe_no_watching_are_refused() -> None:
    broken = (
        beat(from_ms=-1),
        beat(to_ms=4_999),
        beat(to_ms=2**60),
        beat(media_from_ms=-5),
        beat(media_to_ms=59_999),
        beat(media_to_ms=10**12),
        beat(seq=-1),
        beat(seq=2**31),
        beat(rate_milli=0),
        beat(rate_milli=-1000),
        beat(sent_ms=-1),
    )
    assert [judge(each) for each in broken] == [Judged(None, Verdict.MALFORMED, ())] * len(broken)
    assert judge(beat(to_ms=5_000)).verdict is Verdict.EMPTY
    assert judge(beat(media_to_ms=60_000)).verdict is Verdict.EMPTY


def test_the_first_message_places_the_clock_early_but_never_before_the_start() -> None:
    quick = beat(received_ms=NOON + 50_000)
    assert place_clock([quick], None, NOON, LIMITS) == NOON + 28_000
    at_once = beat(from_ms=0, to_ms=15_000, sent_ms=15_000, received_ms=NOON + 15_700)
    assert place_clock([at_once], None, NOON, LIMITS) == NOON


def test_a_quicker_message_pulls_the_clock_back_and_a_slower_one_leaves_it() -> None:
    known = NOON + 28_000
    assert place_clock([beat(received_ms=NOON + 47_000)], known, NOON, LIMITS) == NOON + 27_000
    assert place_clock([beat(received_ms=NOON + 58_000)], known, NOON, LIMITS) == known


def test_a_clock_that_stood_still_is_placed_anew() -> None:
    slept = beat(received_ms=NOON + 3_600_000)
    assert place_clock([slept], NOON, NOON, LIMITS) == NOON + 3_600_000 - 20_000 - 2_000


def test_beats_of_another_boot_keep_their_known_place_or_end_at_receipt() -> None:
    other = beat(sent_boot="later", sent_ms=1_000, received_ms=NOON + 100_000)
    assert place_clock([other], NOON, NOON, LIMITS) == NOON
    assert place_clock([other], None, NOON, LIMITS) == NOON + 78_000
    untold = beat(sent_ms=1_000, received_ms=NOON + 100_000)
    assert place_clock([untold], NOON, NOON, LIMITS) == NOON


def test_a_sending_time_off_another_kind_of_clock_is_not_measured_by() -> None:
    wall = beat(sent_ms=NOON + 20_000, received_ms=NOON + 50_000)
    assert place_clock([wall], None, NOON, LIMITS) == NOON + 28_000
    assert place_clock([wall], NOON, NOON, LIMITS) == NOON


def test_the_floor_is_the_last_contact_before_the_grace_and_never_over_ten_minutes_ago() -> None:
    now = NOON + 1_000_000
    assert floor_for(now, [], LIMITS) == now - 600_000
    assert floor_for(now, [now - 700_000], LIMITS) == now - 600_000
    assert floor_for(now, [now - 200_000, now - 100_000], LIMITS) == now - 102_000
    assert floor_for(now, [now - 200_000, now - 31_000], LIMITS) == now - 202_000
