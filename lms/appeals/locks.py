"""The one way to lock this package's rows: one appeal at a time, never two."""

from __future__ import annotations

from datetime import date

from lms.appeals.data import AppealNotFound
from lms.appeals.models import Appeal
from lms.db.api import require_transaction


def lock_appeal(appeal_id: int) -> Appeal:
    """The appeal, which nobody else moves until the caller's transaction ends. Raises AppealNotFound."""
    require_transaction()
    row = Appeal.objects.select_for_update(of=("self",)).filter(pk=appeal_id).first()
    if row is None:
        raise AppealNotFound(appeal_id)
    return row


def lock_overdue(day: date, *, limit: int) -> list[Appeal]:
    """Open appeals whose last day was before `day`, those that another sweep holds passed over."""
    require_transaction()
    rows = Appeal.objects.filter(closed_at=None, due_on__lt=day).order_by("due_on", "pk")
    return list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
