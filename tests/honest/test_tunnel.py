"""The metro goes under the river: the buffer plays on, then the picture stands; afterwards everything arrives late."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.honest.court import START_MS, Honest, try_many
from tests.honest.phone import WEAK_4G, Phone
from tests.honest.real import expected, walk
from tests.packages.player.world import LESSON_SECONDS as LESSON

STORY = Honest(
    situation="Tunnel",
    does="no network for up to eight minutes; the video plays on from its buffer, then stands",
    sessions=150,
    lost_permille=2,
)


def live(seed: int) -> Phone:
    phone = Phone(seed, WEAK_4G, start_ms=START_MS)
    phone.play(phone.chance.uniform(100, 2_000))
    dark = phone.chance.uniform(60, 480)
    phone.without_network(dark)
    phone.play(min(60, dark))
    phone.stand(dark - min(60, dark) + phone.chance.uniform(1, 5))
    phone.play(LESSON - phone.media_ms / 1000)
    return phone


def test_next_to_nothing_is_lost_and_nobody_is_flagged() -> None:
    assert try_many(STORY, live) == STORY


def test_the_real_way_credits_the_same(stage: Stage) -> None:
    assert walk(stage, live(1)) == expected(live(1))
