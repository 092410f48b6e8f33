"""Stretches of exactly the same length, again and again. A browser closes each some milliseconds late."""

from __future__ import annotations

from collections import Counter

from lms.oversight.data import SubjectKind
from lms.oversight.rule import Figures, Rule
from lms.player.data import SessionSeen

BEATS = 40
SAME_PERCENT = 90


def judge(seen: SessionSeen) -> Figures | None:
    """How many of the stretches that a timer closed have the one length that occurs most, in wall and media alike."""
    lengths = Counter(
        (beat.to_ms - beat.from_ms, beat.media_to_ms - beat.media_from_ms) for beat in seen.beats if beat.why == "tick"
    )
    beats = lengths.total()
    if beats < BEATS:
        return None
    (length, _), same = lengths.most_common(1)[0]
    if same * 100 < beats * SAME_PERCENT:
        return None
    return {"beats": beats, "same": same, "length_ms": length}


RULE = Rule(code="perfect_rhythm", subject=SubjectKind.SESSION, judge=judge)
