"""Two tabs share one session's token: each plays another part of the lesson in the same five minutes."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Two tabs",
        does="one session in two tabs, each playing another part for the same five minutes",
        asked=600,
        credited=300,
        honest=300,
        reasons={"over_wall_clock": 294},
        flags=("claimed_time",),
    ),
)


def test_two_tabs_earn_one_wall(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(300)
    page.now_ms, page.boot = stage.now_ms, "tab2"
    page.seek(1_000).watch(300)
    stage.tell(STORIES[0], page, twin=stage.twin(300))
