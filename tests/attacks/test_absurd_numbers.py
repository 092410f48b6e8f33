"""Negative and huge figures in every number of a beat, between honest ones."""

from __future__ import annotations

from typing import Any

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Negative and huge numbers",
        does="two honest minutes; between them beats with figures below zero, beyond 2^53, infinite and without sense",
        asked=None,
        credited=120,
        honest=120,
    ),
)
ABSURD: tuple[dict[str, Any], ...] = (
    {"from_ms": -15_000}, {"to_ms": -1}, {"to_ms": 2**60}, {"from_ms": 1e300, "to_ms": 1e301}, {"from_s": -9},
    {"to_s": 2**45}, {"from_s": 1e14, "to_s": 1e14 + 15}, {"rate": 0}, {"rate": -1}, {"rate": 1e-300}, {"seq": -7},
    {"seq": 2**31}, {"seq": 2**80}, {"seq": 0.5}, {"to_s": float("nan")}, {"to_ms": float("inf")}, {"rate": True},
)  # fmt: skip


def test_absurd_figures_earn_nothing_and_harm_nothing(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(120)
    absurd = [page.letters[0].bent(boot=f"x{index}", **change) for index, change in enumerate(ABSURD)]
    times = [page.letters[0]._replace(body={**page.letters[0].body, "sent_ms": sent}) for sent in (-1, 1e300, 2**60)]
    answers = stage.deliver([*page.letters[:4], *absurd, *page.letters[4:], *times, *stage.twin(120).letters])
    assert {answer.status for answer in answers} == {202, 400}
    stage.conclude(STORIES[0], stage.cheat, asked=None)
