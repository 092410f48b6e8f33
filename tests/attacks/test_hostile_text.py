"""SQL, markup, NUL and other characters with a meaning in every text that a page may send."""

from __future__ import annotations

import pytest

from lms.player import api
from tests.attacks.stage import Device, Stage
from tests.attacks.story import Story
from tests.packages.player.world import MORNING, credited

STORIES = (
    Story(
        attack="SQL and HTML in every text field",
        does="two honest minutes; the same beats with SQL, markup and NUL as boot, reason, token, unit and browser",
        asked=None,
        credited=120,
        honest=120,
    ),
)
TEXTS = (
    "1' OR '1'='1'; DROP TABLE ledger_entry;--", "\"'><script>alert(1)</script>", "a\x00b", "\ud800", "{{7*7}}${7*7}",
    "字" * 500, "../../etc/passwd", "b1\r\nX-Evil: 1",
)  # fmt: skip


def test_texts_with_a_meaning_mean_nothing_here(stage: Stage) -> None:
    page = stage.open(stage.cheat, device=Device(browser=TEXTS[1]))
    page.watch(120)
    first = page.letters[0]
    lies = [first.bent(**{name: text}) for text in TEXTS for name in ("boot", "why", "seq", "from_s")]
    lies += [
        first._replace(body={**first.body, name: text}) for text in TEXTS for name in ("token", "sent_boot", "sent_ms")
    ]
    lies += [first._replace(body={**first.body, text: text}) for text in TEXTS]
    answers = stage.deliver([*lies, *page.letters, *stage.twin(120).letters])
    assert {answer.status for answer in answers} <= {202, 400, 403}
    for text in TEXTS[:2]:
        with pytest.raises(api.SessionNotFound):
            stage.open(stage.cheat, unit=text)
    stage.conclude(STORIES[0], stage.cheat, asked=None)
    assert credited(stage.cheat, MORNING) == 120
