"""The same short part of a video over and over, for a long time."""

from __future__ import annotations

from lms.lib.intervals import total, union
from lms.oversight.data import SubjectKind
from lms.oversight.rule import Figures, Rule
from lms.player.data import SessionSeen

PLAYED_MS = 900_000
NEW_PERCENT = 25


def judge(seen: SessionSeen) -> Figures | None:
    """Played time beside the length of video that it covered."""
    played = sum(stretch.length_ms for stretch in seen.kept)
    covered = total(union(stretch.media for stretch in seen.kept))
    if played < PLAYED_MS or covered * 100 >= played * NEW_PERCENT:
        return None
    return {"played_seconds": played // 1000, "covered_seconds": covered // 1000}


RULE = Rule(code="looped_play", subject=SubjectKind.SESSION, judge=judge)
