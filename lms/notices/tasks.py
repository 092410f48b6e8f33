from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.notices import api


@shared_task(name="lms.notices.tasks.deliver_due", ignore_result=True)
def deliver_due() -> None:
    """Every delivery that is due now has been tried."""
    api.deliver_due(now=timezone.now())
