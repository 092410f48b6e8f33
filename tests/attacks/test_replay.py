"""Two honest minutes are recorded and sent again: as they were, under new numbers, and under a new boot."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Replay",
        does="two honest minutes, sent again unchanged and again under new numbers",
        asked=360,
        credited=120,
        honest=120,
        reasons={"dup_media": 120},
        flags=("forged_sequence",),
    ),
)


def test_a_replay_earns_nothing_more(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(120)
    unchanged = [letter.later(130) for letter in page.letters]
    renumbered = [letter.bent(boot="b2").later(260) for letter in page.letters]
    page.letters += unchanged + renumbered
    stage.tell(STORIES[0], page, twin=stage.twin(120))
