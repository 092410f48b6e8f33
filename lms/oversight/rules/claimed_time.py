"""Asks for time that the server did not see pass: replays under new numbers, backdated queues, two tabs at once."""

from __future__ import annotations

from lms.oversight.data import SubjectKind
from lms.oversight.rule import Figures, Rule
from lms.player.data import SessionSeen

CLAIMED_MS = 90_000
SHARE_PERCENT = 10


def judge(seen: SessionSeen) -> Figures | None:
    """Seconds refused because the wall clock had no room for them."""
    claimed = seen.refused_ms.get("over_wall_clock", 0)
    asked = sum(beat.media_to_ms - beat.media_from_ms for beat in seen.beats)
    if claimed < CLAIMED_MS or claimed * 100 < asked * SHARE_PERCENT:
        return None
    return {"asked_seconds": asked // 1000, "claimed_seconds": claimed // 1000}


RULE = Rule(code="claimed_time", subject=SubjectKind.SESSION, judge=judge)
