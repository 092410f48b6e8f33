from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.ledger.api import anchor_daily, make_partitions
from lms.lib.localday import local_day


@shared_task(ignore_result=True)
def make_months_ahead() -> int:
    """This month and the next three have their partitions. Daily; repeating it changes nothing."""
    return make_partitions(today=local_day(timezone.now()))


@shared_task(ignore_result=True)
def anchor_today() -> int:
    """Today's anchor (Asia/Shanghai) stands over every head that moved since the last. Repeating it adds nothing."""
    return anchor_daily(now=timezone.now())
