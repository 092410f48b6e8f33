"""Erasing a person from practice: times and signatures stay, words that somebody wrote about the person go."""

from __future__ import annotations

from datetime import datetime

from lms.practice.models import Correction, SignOff


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No sign-off and no correction says anything in words about the person."""
    SignOff.objects.filter(attendance__learner_id=person_id).exclude(note="").update(note="")
    Correction.objects.filter(attendance__learner_id=person_id).update(reason="")
