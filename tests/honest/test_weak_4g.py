"""A construction site at the edge of the cell: requests are lost, late, or answered too late."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.honest.court import START_MS, Honest, try_many
from tests.honest.phone import WEAK_4G, Phone
from tests.honest.real import expected, walk
from tests.packages.player.world import LESSON_SECONDS as LESSON

STORY = Honest(
    situation="Weak 4G",
    does="a whole lesson on a network that loses, delays and holds back requests",
    sessions=150,
    lost_permille=2,
)


def live(seed: int) -> Phone:
    phone = Phone(seed, WEAK_4G, start_ms=START_MS)
    while phone.media_ms < LESSON * 1000 - 500:
        phone.play(min(phone.chance.uniform(200, 900), LESSON - phone.media_ms / 1000))
        phone.stand(phone.chance.uniform(1, 10))
    return phone


def test_next_to_nothing_is_lost_and_nobody_is_flagged() -> None:
    assert try_many(STORY, live) == STORY


def test_the_real_way_credits_the_same(stage: Stage) -> None:
    assert walk(stage, live(1)) == expected(live(1))
