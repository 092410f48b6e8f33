"""Many people on one device in one day. Sharing alone never blocks or voids anything."""

from __future__ import annotations

from lms.oversight.data import DeviceSeen, SubjectKind
from lms.oversight.rule import Figures, Rule

PEOPLE = 5


def judge(seen: DeviceSeen) -> Figures | None:
    """People who opened a lesson with the same address and browser."""
    return {"people": seen.people} if seen.people >= PEOPLE else None


RULE = Rule(code="shared_device", subject=SubjectKind.DEVICE, judge=judge)
