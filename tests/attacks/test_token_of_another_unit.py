"""The beats of one lesson are sent under the token of another, while both are said to play."""

from __future__ import annotations

from tests.attacks.stage import Stage, asked_in
from tests.attacks.story import Story
from tests.packages.player.world import LESSON, SECOND_LESSON, credited, later

STORIES = (
    Story(
        attack="Token of another unit",
        does="five minutes of one lesson, sent under its own token and under that of a second lesson",
        asked=600,
        credited=300,
        honest=300,
        reasons={"superseded": 299},
        flags=("played_on",),
    ),
)


def test_a_token_earns_for_its_own_unit_and_its_own_time(stage: Stage) -> None:
    first = stage.open(stage.cheat)
    second = stage.open(stage.cheat, unit=SECOND_LESSON)
    first.watch(300)
    twice = [letter._replace(body={**letter.body, "token": second.session.token}) for letter in first.letters]
    letters = [*first.letters, *twice]
    stage.deliver([*letters, *stage.twin(300).letters])
    stage.conclude(STORIES[0], stage.cheat, asked=asked_in(letters))
    assert credited(stage.cheat, later(900), LESSON) == 0
    assert credited(stage.cheat, later(900), SECOND_LESSON) == 300
