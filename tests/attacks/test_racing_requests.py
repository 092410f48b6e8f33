"""Every beat of five minutes is sent eight times in the same moment, while two workers settle the shard at once."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from lms.lib.localday import from_ms
from tests.attacks.stage import Stage, asked_in
from tests.attacks.story import Story
from tests.packages.player.world import settle_all

STORIES = (
    Story(
        attack="Parallel requests racing one session",
        does="five honest minutes, each beat sent eight times at once, settled by two workers at once",
        asked=2_400,
        credited=300,
        honest=300,
    ),
)


@pytest.mark.django_db(transaction=True)
def test_racing_requests_earn_once(stage: Stage) -> None:
    page, twin = stage.open(stage.cheat).watch(300), stage.twin(300)
    stage.deliver(twin.letters)
    for letter in page.letters:
        assert {answer.status for answer in stage.deliver([letter] * 8, at_once=True)} == {202}
    race(stage)
    stage.conclude(STORIES[0], stage.cheat, asked=asked_in(page.letters * 8))


def race(stage: Stage) -> None:
    def settle() -> None:
        try:
            settle_all(from_ms(stage.clock.now_ms + 1_000), limit=3)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=settle) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
