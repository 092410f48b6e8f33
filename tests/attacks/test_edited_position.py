"""Each beat names another place of the video and asks for 40 seconds there, whatever really played."""

from __future__ import annotations

from random import Random

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Edited position",
        does="ten minutes whose beats claim 40 seconds each, anywhere in the lesson",
        asked=1_600,
        credited=536,
        honest=600,
        reasons={"dup_media": 64, "speed_clip": 1_000},
        flags=("perfect_rhythm", "speed_anomaly"),
    ),
)


def test_edited_positions_earn_no_more_than_the_time(stage: Stage) -> None:
    chance = Random(11)  # noqa: S311  the same in each run
    page = stage.open(stage.cheat).watch(600, steady=True)
    for index, letter in enumerate(page.letters):
        place = chance.randrange(2_600)
        page.letters[index] = letter.bent(from_s=place, to_s=place + 40)
    stage.tell(STORIES[0], page, twin=stage.twin(600))
