"""He sends five minutes under the token of a colleague, hoping that they count for him; then he edits the token."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Stolen token",
        does="five minutes under a colleague's token, then under a mixture of both tokens",
        asked=600,
        credited=0,
        honest=300,
    ),
)


def test_a_stolen_token_earns_nothing_for_the_thief(stage: Stage) -> None:
    own, twin = stage.open(stage.cheat), stage.twin(300)
    mixed = twin.session.token[:40] + own.session.token[40:]
    stolen = [letter.bent(boot="thief") for letter in twin.letters]
    forged = [letter._replace(body={**letter.body, "token": mixed}) for letter in stolen]
    stage.deliver(twin.letters)
    stage.deliver(stolen)
    assert {answer.status for answer in stage.deliver(forged)} == {403}
    stage.carry_on()
    assert (stage.credited(stage.cheat), stage.credited(stage.honest)) == (STORIES[0].credited, STORIES[0].honest)
    assert stage.reasons(stage.honest) == {"over_wall_clock": 300}
