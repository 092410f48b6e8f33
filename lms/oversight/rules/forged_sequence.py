"""Beat numbers that no page of ours writes: numbers used twice in one session, or long runs left out."""

from __future__ import annotations

from collections import Counter

from lms.oversight.data import SubjectKind
from lms.oversight.rule import Figures, Rule
from lms.player.data import SessionSeen

REPEATED = 5
MISSING = 20


def judge(seen: SessionSeen) -> Figures | None:
    """A page counts on over reloads and boots. A number that comes back under another boot was copied or invented."""
    numbers = Counter(beat.seq for beat in seen.beats)
    if not numbers:
        return None
    repeated = sum(count - 1 for count in numbers.values())
    missing = max(numbers) - min(numbers) + 1 - len(numbers)
    if repeated < REPEATED and (missing < MISSING or missing < len(numbers)):
        return None
    return {"beats": len(seen.beats), "repeated": repeated, "missing": missing}


RULE = Rule(code="forged_sequence", subject=SubjectKind.SESSION, judge=judge)
