from __future__ import annotations

import pytest
import redis

from courses.data import UnitCategory, UnitDraft, UnitMode
from lms.lib.localday import to_ms
from lms.player import front, stream
from tests.attacks.stage import ServerClock, Stage
from tests.factories.classes import LIVE_UNIT
from tests.packages.player.world import MORNING, make_world

NAMES = ("李秀兰", "张建国", *("陈" + given for given in "芳军丽明红刚燕波娟"))
LIVE_CLASS = UnitDraft(
    mode=UnitMode.LIVE, title="用电安全直播", category=UnitCategory.THEORY, minutes=10, unit_key=LIVE_UNIT
)


@pytest.fixture
def stage(db: None, streams: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A filed class whose first learner cheats while the second is honest."""
    clock = ServerClock(to_ms(MORNING))
    monkeypatch.setattr(front, "time", clock)
    stream.client.cache_clear()
    return Stage(make_world(names=NAMES, more_units=[LIVE_CLASS]), clock)
