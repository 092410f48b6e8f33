"""A script sends a beat every 15 seconds to the millisecond. It earns the wall time it really waited, and is seen."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Paced bot with a perfect rhythm",
        does="a script that sends fifteen seconds every fifteen seconds for half an hour",
        asked=1_800,
        credited=1_800,
        honest=1_800,
        flags=("perfect_rhythm",),
    ),
)


def test_a_paced_bot_earns_no_more_than_its_time(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(1_800, steady=True)
    stage.tell(STORIES[0], page, twin=stage.twin(1_800))
