"""Most of a day's watching arrived late, as if sent from a queue."""

from __future__ import annotations

from lms.oversight.data import DaySeen, SubjectKind
from lms.oversight.rule import Figures, Rule

PLAYED_MS = 3_600_000
LATE_PERCENT = 60


def judge(seen: DaySeen) -> Figures | None:
    """Late stretches beside all that was played."""
    played = sum(run.length_ms for session in seen.sessions for run in session.kept)
    late = sum(session.late_ms for session in seen.sessions)
    if played < PLAYED_MS or late * 100 < played * LATE_PERCENT:
        return None
    return {"played_seconds": played // 1000, "late_seconds": late // 1000}


RULE = Rule(code="late_share", subject=SubjectKind.LEARNER, judge=judge)
