"""The live class runs on the laptop while the phone plays a lesson."""

from __future__ import annotations

from lms.lib.localday import to_ms
from tests.attacks.stage import Stage
from tests.attacks.story import Story
from tests.factories.learning import LATER, attend_live
from tests.packages.player.world import MORNING

STORIES = (
    Story(
        attack="Video plus live at once",
        does="ten minutes of a live class and ten minutes of video in the same ten minutes",
        asked=1_200,
        credited=600,
        honest=600,
        reasons={"over_wall_clock": 600},
        flags=("two_places",),
    ),
)


def test_a_live_class_and_a_video_earn_one_wall(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(600)
    twin = stage.twin(600)
    attend_live(stage.cheat, minutes=10, scheduled=10, start=MORNING)
    stage.deliver([*page.letters, *twin.letters])
    stage.clock.now_ms = to_ms(LATER)
    stage.conclude(STORIES[0], stage.cheat, asked=1_200)
