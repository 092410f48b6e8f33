"""Learners of whom everything is known that a policy asks of a person."""

from __future__ import annotations

from datetime import datetime

from lms.accounts.api import raise_level, record_status
from lms.accounts.data import CheckMethod, Level
from tests.factories.classes import FILED_AT


def vouch_for(person_id: int, *, now: datetime = FILED_AT) -> None:
    """Identity matched with the register, local hukou, insured, no pension."""
    raise_level(person_id=person_id, to=Level.MATCHED, method=CheckMethod.TWO_ELEMENT, actor_id=None, now=now)
    record_status(person_id=person_id, actor_id=None, now=now, hukou="local", draws_pension=False, insured=True)
