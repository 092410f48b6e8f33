from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.ledger.api import anchor_heads, make_partitions
from lms.lib.localday import local_day


@shared_task(ignore_result=True)
def make_months_ahead() -> int:
    """This month and the next three have their partitions. Daily; repeating it changes nothing."""
    return make_partitions(today=local_day(timezone.now()))


@shared_task(ignore_result=True)
def anchor_moved_heads() -> int:
    """Every head that moved since the last anchor is under a new signed one. Repeating it adds nothing."""
    return anchor_heads(now=timezone.now())
