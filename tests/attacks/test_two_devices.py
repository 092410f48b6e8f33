"""The phone plays one lesson, the laptop another; the phone never stops although it was told to."""

from __future__ import annotations

from tests.attacks.stage import LAPTOP, Stage
from tests.attacks.story import Story
from tests.packages.player.world import SECOND_LESSON

STORIES = (
    Story(
        attack="Two devices",
        does="fifteen minutes on the phone, and from the fifth on another lesson on a laptop",
        asked=1_500,
        credited=900,
        honest=900,
        reasons={"superseded": 600},
        flags=("played_on",),
    ),
)


def test_two_devices_earn_one_wall(stage: Stage) -> None:
    phone = stage.open(stage.cheat).watch(900)
    laptop = stage.open(stage.cheat, at=300, unit=SECOND_LESSON, device=LAPTOP).watch(600)
    stage.tell(STORIES[0], phone, laptop, twin=stage.twin(900))
