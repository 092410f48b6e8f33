from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.flow import drain

_BATCH = 200


@shared_task
def drain_outbox() -> int:
    """Everything announced so far is carried on, up to one batch; beat calls it every second."""
    return drain.drain_outbox(limit=_BATCH, now=timezone.now())
