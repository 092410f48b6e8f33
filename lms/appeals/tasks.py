"""The sweep of deadlines. It may run at any time, in several processes at once, and twice: the rows decide."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.appeals.api import sweep_overdue as sweep


@shared_task
def sweep_overdue() -> int:
    """Nothing waits beyond its last day."""
    report = sweep(now=timezone.now())
    return report.escalated + report.lapsed + report.reminded
