"""A mother and her grown son share one phone: she watches, he watches, she goes on, each by an own account."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.honest.court import START_MS, Honest, try_many
from tests.honest.phone import Phone
from tests.honest.real import HOME, expected, walk
from tests.packages.player.world import LESSON_SECONDS as LESSON

STORY = Honest(
    situation="Two people on one phone",
    does="two accounts take turns on one phone; each leaves the page and comes back to it",
    sessions=150,
    lost_permille=1,
)


def live(seed: int) -> Phone:
    phone = Phone(seed, start_ms=START_MS)
    phone.play(phone.chance.uniform(100, 1_200))
    phone.stand(phone.chance.uniform(600, 1_200))
    phone.open()
    phone.play(LESSON - phone.media_ms / 1000)
    return phone


def test_next_to_nothing_is_lost_and_nobody_is_flagged() -> None:
    assert try_many(STORY, live) == STORY


def test_the_real_way_credits_both_and_flags_neither(stage: Stage) -> None:
    other = stage.open(stage.cheat, at=1_300, device=HOME).watch(300)
    stage.deliver(other.letters)
    assert walk(stage, live(1)) == expected(live(1))
    assert stage.credited(stage.cheat) == 300
