"""Erasing a person from oversight: flags and what was decided stay, the words about the person go."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from lms.oversight.data import SubjectKind
from lms.oversight.models import DeviceUse, FlagDecision


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No decision on a flag says anything in words about the person, and no device is known as theirs."""
    about = Q(flag__enrolment__person_id=person_id) | Q(
        flag__subject_kind=SubjectKind.LEARNER, flag__subject=str(person_id)
    )
    FlagDecision.objects.filter(about).exclude(reason="").update(reason="")
    DeviceUse.objects.filter(learner_id=person_id).delete()
