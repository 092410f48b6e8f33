"""The page's clock is set two hours ahead, or says that hours passed between a beat and its sending."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.stage import Page, Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Clock skew, ahead",
        does="two minutes in which the page's clock jumps two hours ahead",
        asked=120,
        credited=120,
        honest=120,
    ),
    Story(
        attack="Clock skew, running fast",
        does="two minutes on a page clock that runs ten times as fast as ours",
        asked=1_200,
        credited=120,
        honest=120,
        reasons={"over_wall_clock": 1_079},
        flags=("claimed_time",),
    ),
    Story(
        attack="Clock skew, back",
        does="two minutes that are said to have been played an hour before",
        asked=120,
        credited=0,
        honest=120,
        reasons={"over_wall_clock": 120},
        flags=("claimed_time",),
    ),
)


def ahead(page: Page) -> None:
    page.watch(60)
    page.zero_ms -= 7_200_000
    page.watch(60)


def fast(page: Page) -> None:
    page.watch(120)
    scaled = {key: (lambda beat, key=key: beat[key] * 10) for key in ("from_ms", "to_ms", "from_s", "to_s")}
    page.letters = [
        letter.bent(**scaled)._replace(body={**letter.bent(**scaled).body, "sent_ms": letter.body["sent_ms"] * 10})
        for letter in page.letters
    ]


def back(page: Page) -> None:
    page.zero_ms -= 3_600_000
    page.watch(120)
    hour_before = {key: (lambda beat, key=key: beat[key] - 3_600_000) for key in ("from_ms", "to_ms")}
    page.letters = [letter.bent(**hour_before) for letter in page.letters]


@pytest.mark.parametrize(
    ("story", "lie"), list(zip(STORIES, (ahead, fast, back), strict=True)), ids=["ahead", "fast", "back"]
)
def test_only_our_clock_earns(stage: Stage, story: Story, lie: Callable[[Page], None]) -> None:
    page = stage.open(stage.cheat)
    lie(page)
    stage.tell(story, page, twin=stage.twin(120))
