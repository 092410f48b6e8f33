from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.accounts.signin import prune_working_state


@shared_task(name="lms.accounts.tasks.prune", ignore_result=True)
def prune() -> None:
    """Codes, counters and dead sign-ins that nobody needs any more are gone."""
    prune_working_state(now=timezone.now())
