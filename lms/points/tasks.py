from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.points.api import end_forgotten


@shared_task(name="lms.points.tasks.end_forgotten_visits", ignore_result=True)
def end_forgotten_visits() -> None:
    """Visits that nobody proved for too long are over."""
    end_forgotten(now=timezone.now())
