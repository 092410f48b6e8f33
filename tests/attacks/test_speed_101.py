"""The video runs one per cent too fast, in the hope that the slack for clocks adds up to something."""

from __future__ import annotations

import pytest

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = tuple(
    Story(
        attack=f"1.01x, {how}",
        does=f"ten minutes at 1.01 times the speed, {how}",
        asked=606,
        credited=credited,
        honest=600,
        reasons=reasons,
        flags=("speed_anomaly",),
    )
    for how, credited, reasons in (("told", 599, {"speed_clip": 6}), ("denied", 600, {}))
)


@pytest.mark.parametrize(("story", "told"), list(zip(STORIES, (1.01, 1.0), strict=True)), ids=["told", "denied"])
def test_one_per_cent_of_speed_earns_the_time_that_passed(stage: Stage, story: Story, told: float) -> None:
    page = stage.open(stage.cheat).watch(600, speed=1.01, told=told)
    stage.tell(story, page, twin=stage.twin(600))
