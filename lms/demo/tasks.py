from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from lms.demo.running import renew


@shared_task
def keep_practice_running() -> bool:
    """The demo has a practice session that runs now; whether a new one had to be planned."""
    return settings.DEMO and renew(story=settings.STATE_DIR / "demo.json", now=timezone.now())
