"""Cheats through the whole way, stream to ledger: each earns nothing, or exactly the honest part."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from lms.player.data import Beat
from tests.packages.player.world import (
    LESSON,
    MORNING,
    SECOND_LESSON,
    World,
    credit_all,
    credited,
    later,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)

Messages = Sequence[Sequence[Beat]]
AFTER = later(4_000)


def earned(world: World, messages: Messages, unit_key: str = LESSON) -> int:
    """What the ledger credits for these messages of one fresh session."""
    opened = open_lesson(world.learner, unit_key=unit_key)
    send(opened.session, world.learner.learner_id, messages)
    settle_all(AFTER)
    credit_all(AFTER)
    return credited(world.learner, AFTER, unit_key)


def bent(messages: Messages, **changes: Any) -> list[list[Beat]]:
    return [[beat._replace(**changes) for beat in beats] for beats in messages]  # by name


def test_jumping_to_the_end_earns_the_time_really_watched(world: World) -> None:
    jump = watch(MORNING, 15, media_from=60, after=60, seq=4, speed=170_000)
    assert earned(world, [*watch(MORNING, 60), *jump]) == 75
    assert refused(world.learner, AFTER) == {"speed_clip": 2_550 - 15}


def test_a_replayed_session_earns_once(world: World) -> None:
    honest = watch(MORNING, 120)
    again = [[beat._replace(received_ms=beat.received_ms + 130_000) for beat in beats] for beats in honest]
    renumbered = bent(again, boot="b2")
    assert earned(world, [*honest, *again, *renumbered]) == 120


@pytest.mark.parametrize(("speed", "declared"), [(16_000, 16_000), (16_000, 1_000), (1_010, 1_010), (1_010, 1_000)])
def test_speed_earns_the_time_that_passed(world: World, speed: int, declared: int) -> None:
    assert earned(world, watch(MORNING, 150, speed=speed, rate=declared)) == 150


def test_two_tabs_earn_one_wall(world: World) -> None:
    left = watch(MORNING, 300)
    right = watch(MORNING, 300, media_from=1_000, boot="tab2", seq=100)
    both = [beats for pair in zip(left, right, strict=True) for beats in pair]
    assert earned(world, both) == 300


def test_a_minute_in_a_loop_earns_a_minute(world: World) -> None:
    loops = [beats for turn in range(5) for beats in watch(MORNING, 60, after=61 * turn, seq=10 * turn)]
    assert earned(world, loops) == 60
    assert refused(world.learner, AFTER) == {"dup_media": 240}


def test_a_backdated_queue_earns_nothing(world: World) -> None:
    live = watch(MORNING, 600)
    invented = [
        beat._replace(sent_ms=601_000, received_ms=live[-1][0].received_ms + 1_000)
        for beats in watch(MORNING, 540, media_from=1_500, boot="b2", seq=500)
        for beat in beats
    ]
    assert earned(world, [*live, invented]) == 600


def test_an_offline_queue_is_believed_for_ten_minutes_at_most(world: World) -> None:
    first = watch(MORNING, 30)
    received = first[0][0].received_ms - 15_060 + 3_000_000
    queue = [
        beat._replace(sent_ms=3_000_000, received_ms=received)
        for beats in watch(MORNING, 2_400, media_from=30, after=600, seq=2)
        for beat in beats
    ]
    assert earned(world, [*first, queue]) == 30 + 600


def test_a_page_clock_set_ahead_or_back_gains_nothing(world: World) -> None:
    honest = watch(MORNING, 120)
    ahead = [
        [beat._replace(from_ms=beat.from_ms + 9_000_000, to_ms=beat.to_ms + 9_000_000) for beat in beats]
        for beats in honest
    ]
    assert earned(world, ahead) <= 120
    back = bent(watch(MORNING, 120), sent_ms=10**10)
    assert earned(world, back, SECOND_LESSON) == 0


def test_beats_sent_in_parallel_and_in_any_order_earn_the_same(world: World) -> None:
    messages = watch(MORNING, 600)
    random.Random(5).shuffle(messages)  # noqa: S311  the same in each run
    assert earned(world, messages) == 600


def test_a_token_of_another_unit_earns_for_that_unit_only(world: World) -> None:
    first = open_lesson(world.learner)
    second = open_lesson(world.learner, later(300), SECOND_LESSON)
    send(first.session, world.learner.learner_id, watch(MORNING, 900))
    send(second.session, world.learner.learner_id, watch(later(300), 60))
    settle_all(AFTER)
    credit_all(AFTER)
    assert credited(world.learner, AFTER) == 300
    assert credited(world.learner, AFTER, SECOND_LESSON) == 60


@pytest.mark.parametrize(
    "changes",
    [
        {"from_ms": -15_000},
        {"to_ms": 2**60},
        {"media_from_ms": -9_000},
        {"media_to_ms": 2**45},
        {"media_from_ms": 2**45, "media_to_ms": 2**45 + 15_000},
        {"rate_milli": -1_000},
        {"rate_milli": 0},
        {"seq": -7},
        {"sent_ms": -1},
    ],
)
def test_absurd_figures_earn_at_most_the_honest_part(world: World, changes: dict[str, int]) -> None:
    honest = watch(MORNING, 60)
    assert earned(world, [*honest[:2], *bent(honest[2:3], **changes), honest[3]]) <= 60


def test_edited_positions_earn_no_more_than_the_time(world: World) -> None:
    chance = random.Random(11)  # noqa: S311  the same in each run
    edited = []
    for beats in watch(MORNING, 600):
        place = chance.randrange(0, 2_600_000)
        edited.append([beat._replace(media_from_ms=place, media_to_ms=place + 40_000) for beat in beats])
    assert earned(world, edited) <= 600


def test_the_lesson_is_never_worth_more_than_its_length(world: World) -> None:
    long_day = watch(MORNING, 3_600)
    assert earned(world, long_day) == 2_700
