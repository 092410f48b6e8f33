"""A script invents beats with numbers of its own choice, backwards and with large gaps, for time that nobody played."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Forged sequence",
        does="forty invented beats of 15 s in one minute, numbered backwards with gaps of a thousand",
        asked=600,
        credited=48,
        honest=60,
        reasons={"over_wall_clock": 445},
        flags=("claimed_time", "forged_sequence", "perfect_rhythm"),
    ),
)


def test_invented_numbers_earn_the_time_that_passed(stage: Stage) -> None:
    page = stage.open(stage.cheat)
    for index in range(40):
        page.rest(1.5)
        began = page.clock() - 15_000
        page.post(
            {"boot": "b1", "seq": 1_000 * (40 - index), "from_ms": max(0, began), "to_ms": max(0, began) + 15_000,
             "from_s": 15.0 * index, "to_s": 15.0 * index + 15, "rate": 1, "why": "tick"}
        )  # fmt: skip
    stage.tell(STORIES[0], page, twin=stage.twin(60))
