"""Sweeps. Each may run at any time, in several processes at once, and twice: the rows decide."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from lms.accounts.api import notify
from lms.notices.data import NoticeKind
from lms.practice.sealing import missing_sign_outs
from lms.practice.sealing import seal_due as seal_whole_attendances

_GRACE = timedelta(hours=1)


@shared_task
def seal_due() -> int:
    """Evidence exists for every attendance that was whole but not yet sealed."""
    return seal_whole_attendances(now=timezone.now())


@shared_task
def remind_missing() -> int:
    """Everybody who never signed out has been told, once, that the session counts as 0 until it is corrected."""
    now = timezone.now()
    rows = missing_sign_outs(now=now, grace=_GRACE)
    for row in rows:
        notify(
            person_id=row.learner_id,
            kind=NoticeKind.PRACTICE_MISSING_SIGNOUT,
            params={"session": row.session.title, "link": "/practice/"},
            key=f"practice_missing_signout:{row.pk}",
            now=now,
        )
    return len(rows)
