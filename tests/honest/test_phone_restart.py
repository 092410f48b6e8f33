"""The battery dies. What was not reported yet is gone with the page, and is watched again."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.honest.court import START_MS, Honest, try_many
from tests.honest.phone import Phone
from tests.honest.real import expected, walk
from tests.packages.player.world import LESSON_SECONDS as LESSON

STORY = Honest(
    situation="Phone restart",
    does="the battery dies in the middle of a stretch; the lesson goes on where the phone last reported",
    sessions=150,
    lost_permille=1,
)


def live(seed: int) -> Phone:
    phone = Phone(seed, start_ms=START_MS)
    phone.play(phone.chance.uniform(300, 2_000), dies=True)
    phone.stand(phone.chance.uniform(30, 400))
    phone.back_at_known_place()
    phone.open()
    phone.play(LESSON - phone.media_ms / 1000)
    return phone


def test_next_to_nothing_is_lost_and_nobody_is_flagged() -> None:
    assert try_many(STORY, live) == STORY


def test_the_real_way_credits_the_same(stage: Stage) -> None:
    assert walk(stage, live(1)) == expected(live(1))
