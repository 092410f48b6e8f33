"""Erasing a person from decisions: outcome, amount and digests stay, the facts and what was said about them go."""

from __future__ import annotations

from datetime import datetime

from lms.subsidy.models import Decision


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No decision holds facts about the person. Their digest was made with the person's salt, so that nobody can try
    out a birth date against it."""
    Decision.objects.filter(learner_id=person_id).update(facts={}, assessment={})
