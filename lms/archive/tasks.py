"""Celery's part: make what waits. A message is a hint; the lease in the database decides."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.archive import api


@shared_task(name="lms.archive.tasks.build_waiting", acks_late=False, reject_on_worker_lost=False)
def build_waiting() -> None:
    """Every waiting export is ready or put back. A killed try restarts by its lease, not by redelivery."""
    while api.build_next(clock=timezone.now):
        pass
