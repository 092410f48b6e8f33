"""She watches a minute, drags the bar to the end, and lets the page say that everything was played."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Jump to the end",
        does="one minute, then one beat from there to the end of the lesson",
        asked=2_700,
        credited=75,
        honest=75,
        reasons={"speed_clip": 2_625},
        flags=("speed_anomaly",),
    ),
)


def test_a_jump_earns_the_time_that_passed(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(60)
    page.post(page.beat(15_000, speed=176, rate=1))
    stage.tell(STORIES[0], page, twin=stage.twin(75))
