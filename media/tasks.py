"""Celery's part: package what waits. A message is a hint; the lease in the database decides."""

from __future__ import annotations

import time
from threading import Lock

from celery import shared_task
from django.utils import timezone

from media import api

_SWEEP_EVERY_SECONDS = 60.0
_one_at_a_time = Lock()
_swept = [0.0]


@shared_task(name="media.tasks.package_next", acks_late=False, reject_on_worker_lost=False)
def package_next() -> None:
    """One waiting video has been packaged, by this process at most one at a time: others need the machine too.

    Acknowledged at once: a killed try restarts by its lease, not by redelivery.
    """
    if not _one_at_a_time.acquire(blocking=False):
        return
    try:
        while api.package_next(clock=timezone.now) is not None:
            pass
        if time.monotonic() - _swept[0] > _SWEEP_EVERY_SECONDS:
            _swept[0] = time.monotonic()
            api.sweep(clock=timezone.now)
    finally:
        _one_at_a_time.release()


@shared_task(name="media.tasks.sweep_media")
def sweep_media() -> None:
    """Abandoned uploads and the leavings of killed tries are gone."""
    api.sweep(clock=timezone.now)
