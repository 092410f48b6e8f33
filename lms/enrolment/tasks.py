from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.enrolment.roster import wipe_old_values as wipe


@shared_task
def wipe_old_values() -> int:
    """Numbers of roster lines that were never imported are gone after 30 days."""
    return wipe(now=timezone.now())
