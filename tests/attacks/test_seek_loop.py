"""The same minute runs in a loop for an hour while the learner is away."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Seek loop over one minute",
        does="the same minute thirty times over",
        asked=1_800,
        credited=60,
        honest=1_800,
        reasons={"dup_media": 1_740},
        flags=("looped_play",),
    ),
)


def test_a_loop_earns_its_minute_once(stage: Stage) -> None:
    page = stage.open(stage.cheat)
    for _ in range(30):
        page.seek(600).watch(60)
    stage.tell(STORIES[0], page, twin=stage.twin(1_800))
