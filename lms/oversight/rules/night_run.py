"""Hours of video between midnight and five in the morning."""

from __future__ import annotations

from lms.lib.intervals import intersect, total, union
from lms.oversight.data import DaySeen, SubjectKind
from lms.oversight.rule import Figures, Rule

NIGHT_MS = 5 * 3_600_000
PLAYED_MS = 3 * 3_600_000


def judge(seen: DaySeen) -> Figures | None:
    """Played wall time inside the night of that day."""
    start = seen.day_span[0]
    walls = union((run.wall_from_ms, run.wall_to_ms) for session in seen.sessions for run in session.kept)
    played = total(intersect(walls, ((start, start + NIGHT_MS),)))
    return {"night_seconds": played // 1000} if played >= PLAYED_MS else None


RULE = Rule(code="night_run", subject=SubjectKind.LEARNER, judge=judge)
