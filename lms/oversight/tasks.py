"""The watch. It may run at any time, in several processes at once, and twice: locks and unique rows decide."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.oversight import api


@shared_task(name="lms.oversight.tasks.watch", ignore_result=True)
def watch() -> None:
    """Whatever the rules see in what was settled since the last time is flagged."""
    api.watch(now=timezone.now())
