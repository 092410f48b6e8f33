"""Ten people one after another on one phone: allowed, each by an account of their own, and seen."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Shared device for ten people",
        does="ten people, one minute each, one after another on the same phone",
        asked=600,
        credited=600,
        honest=600,
        flags=("shared_device",),
    ),
)


def test_ten_people_on_one_phone_earn_what_each_watched(stage: Stage) -> None:
    crowd = [one for one in stage.world.enrolments if one != stage.honest]
    pages = [stage.open(one, at=70 * index).watch(60) for index, one in enumerate(crowd)]
    stage.tell(STORIES[0], *pages, twin=stage.twin(600))
