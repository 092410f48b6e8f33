"""Hints to carry on: they carry no announcements, so that losing or repeating one does no harm."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from lms.db.api import prune_outbox
from lms.flow import drain

_KEEP_DONE = timedelta(days=30)
_BATCH = 1000
_SECONDS = 20.0
_one_drain = threading.Lock()


@shared_task
def drain_outbox() -> int:
    """Everything announced is carried on, for at most about 20 s; beat calls it every second.

    One drain at a time in each process, so that a backlog leaves the worker's other threads to other tasks.
    """
    if not _one_drain.acquire(blocking=False):
        return 0
    try:
        return _drain(until=time.monotonic() + _SECONDS)
    finally:
        _one_drain.release()


def _drain(*, until: float) -> int:
    done = 0
    while True:
        taken = drain.drain_outbox(limit=_BATCH, now=timezone.now())
        done += taken
        if not taken or time.monotonic() > until:
            return done


@shared_task
def prune_done() -> int:
    """Announcements carried out more than 30 days ago are gone; every step knows by itself what it has done."""
    done = 0
    while pruned := prune_outbox(before=timezone.now() - _KEEP_DONE):
        done += pruned
    return done
