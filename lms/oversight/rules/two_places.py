"""A video played while the learner was on record somewhere else: in a live class, or signed in at a practice base."""

from __future__ import annotations

from lms.lib.intervals import intersect, total, union
from lms.oversight.data import DaySeen, SubjectKind
from lms.oversight.rule import Figures, Rule

OVERLAP_MS = 120_000


def judge(seen: DaySeen) -> Figures | None:
    """Wall time that both claim."""
    walls = union((run.wall_from_ms, run.wall_to_ms) for session in seen.sessions for run in session.kept)
    live = total(intersect(walls, (span for source, span in seen.elsewhere if source == "live")))
    practice = total(intersect(walls, (span for source, span in seen.elsewhere if source == "practice")))
    if live + practice < OVERLAP_MS:
        return None
    return {"live_seconds": live // 1000, "practice_seconds": practice // 1000}


RULE = Rule(code="two_places", subject=SubjectKind.LEARNER, judge=judge)
