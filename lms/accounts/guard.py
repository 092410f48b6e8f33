"""Counting attempts on one identifier, so that guessing gets slow. The identifier itself is not kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from lms.accounts.data import Fault, UnableToSignIn
from lms.accounts.models import SignInGuard
from lms.db.api import blind_index

MOST_FAILURES = 5
WINDOW = timedelta(minutes=15)


def count_attempt(identifier: str, *, now: datetime) -> None:
    """One more attempt is on record, counted before it is judged, so that parallel guesses can't slip by.

    Raises UnableToSignIn(locked) from the sixth unsuccessful one within 15 minutes, for 15 minutes, whether or not
    the identifier belongs to anybody.
    """
    index = _index(identifier)
    with transaction.atomic():
        SignInGuard.objects.get_or_create(identifier_index=index, defaults={"first_failed_at": now})
        row = SignInGuard.objects.select_for_update().get(identifier_index=index)
        if row.locked_until and row.locked_until > now:
            locked_until = row.locked_until
        else:
            if row.locked_until or row.first_failed_at <= now - WINDOW:
                row.failures, row.first_failed_at, row.locked_until = 0, now, None
            row.failures += 1
            row.locked_until = now + WINDOW if row.failures > MOST_FAILURES else None
            row.save()
            if row.locked_until is None:
                return
            locked_until = row.locked_until
    wait = int((locked_until - now).total_seconds())
    raise UnableToSignIn(Fault(field="", code="locked"), wait_seconds=wait)


def forget_attempts(identifier: str) -> None:
    """The identifier starts afresh after a success."""
    SignInGuard.objects.filter(identifier_index=_index(identifier)).delete()


def _index(identifier: str) -> str:
    return blind_index(identifier, purpose="accounts.guard")
