"""More video than time: played faster than allowed, whether the page says so or denies it."""

from __future__ import annotations

from lms.oversight.data import SubjectKind
from lms.oversight.rule import Figures, Rule
from lms.player.data import SessionSeen

CLIPPED_MS = 30_000
FAST_BEATS = 10
AHEAD_MS, AHEAD_PERMILLE = 5_000, 5


def judge(seen: SessionSeen) -> Figures | None:
    """An honest page plays at the allowed rate and reports no more media than its clock ran."""
    asked = sum(beat.media_to_ms - beat.media_from_ms for beat in seen.beats)
    passed = sum(beat.to_ms - beat.from_ms for beat in seen.beats)
    clipped = seen.refused_ms.get("speed_clip", 0)
    fast = sum(beat.rate_milli > seen.max_rate_milli for beat in seen.beats)
    ahead = asked - passed
    creeping = ahead >= AHEAD_MS and ahead * 1000 >= passed * AHEAD_PERMILLE
    if clipped < CLIPPED_MS and fast < FAST_BEATS and not creeping:
        return None
    return {"asked_seconds": asked // 1000, "passed_seconds": passed // 1000, "clipped_seconds": clipped // 1000}


RULE = Rule(code="speed_anomaly", subject=SubjectKind.SESSION, judge=judge)
