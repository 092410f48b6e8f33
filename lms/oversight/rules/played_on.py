"""Two devices at once: an older page played on although a newer one had taken the learner's clock."""

from __future__ import annotations

from lms.oversight.data import DaySeen, SubjectKind
from lms.oversight.rule import Figures, Rule

PLAYED_ON_MS = 180_000
HAND_OVERS = 20


def judge(seen: DaySeen) -> Figures | None:
    """An honest page stops when it is told, within a beat or two. Changing devices now and then is all right."""
    played_on = sum(session.refused_ms.get("superseded", 0) for session in seen.sessions)
    hand_overs = sum(
        before.superseded and before.device != after.device
        for before, after in zip(seen.sessions, seen.sessions[1:], strict=False)
    )
    if played_on < PLAYED_ON_MS and hand_overs < HAND_OVERS:
        return None
    return {"played_on_seconds": played_on // 1000, "hand_overs": hand_overs, "sessions": len(seen.sessions)}


RULE = Rule(code="played_on", subject=SubjectKind.LEARNER, judge=judge)
