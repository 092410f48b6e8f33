"""Erasing a person from the player: what was watched stays, from which device and address it was watched goes."""

from __future__ import annotations

from datetime import datetime

from lms.player.models import PlaySession, PresenceAdjustment


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No play session of the person says whence it was played, and no adjustment why it was needed."""
    PlaySession.objects.filter(learner_id=person_id).update(ip="", user_agent="")
    PresenceAdjustment.objects.filter(learner_id=person_id).exclude(reason="").update(reason="")
