"""After ten honest minutes comes an "offline queue" with stretches of a time when the page was in touch all along."""

from __future__ import annotations

from tests.attacks.stage import Stage
from tests.attacks.story import Story

STORIES = (
    Story(
        attack="Backdated offline queue",
        does="ten honest minutes, then nine more that are said to have waited on the phone meanwhile",
        asked=1_140,
        credited=600,
        honest=600,
        reasons={"over_wall_clock": 540},
        flags=("claimed_time",),
    ),
)


def test_a_queue_for_time_in_touch_earns_nothing(stage: Stage) -> None:
    page = stage.open(stage.cheat).watch(600)
    end, sent = page.now_ms, len(page.letters)
    page.now_ms = stage.now_ms
    page.seek(1_500).watch(540)
    beats = [beat for letter in page.letters[sent:] for beat in letter.body["beats"]]
    del page.letters[sent:]
    page.now_ms = end + 1_000
    page.post(*beats)
    stage.tell(STORIES[0], page, twin=stage.twin(600))
