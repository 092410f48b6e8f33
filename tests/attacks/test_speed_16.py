"""The video runs sixteen times as fast; the page says so, or swears that it ran at normal speed."""

from __future__ import annotations

import pytest

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = tuple(
    Story(
        attack=f"16x, {how}",
        does=f"two and a half minutes at sixteen times the speed, {how}",
        asked=2_400,
        credited=150,
        honest=150,
        reasons={"speed_clip": 2_250},
        flags=("speed_anomaly",),
    )
    for how in ("told", "denied")
)


@pytest.mark.parametrize(("story", "told"), list(zip(STORIES, (16.0, 1.0), strict=True)), ids=["told", "denied"])
def test_sixteenfold_speed_earns_the_time_that_passed(stage: Stage, story: Story, told: float) -> None:
    page = stage.open(stage.cheat).watch(150, speed=16, told=told)
    stage.tell(story, page, twin=stage.twin(150))
