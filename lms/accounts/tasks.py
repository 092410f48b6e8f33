from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from lms.accounts.erasure import erase_due
from lms.accounts.signin import prune_working_state


@shared_task(name="lms.accounts.tasks.prune", ignore_result=True)
def prune() -> None:
    """Codes, counters and dead sign-ins that nobody needs any more are gone."""
    prune_working_state(now=timezone.now())


@shared_task(name="lms.accounts.tasks.erase_due_people", ignore_result=True)
def erase_due_people() -> None:
    """Everybody whose data need not be kept any longer is erased."""
    erase_due(now=timezone.now())
