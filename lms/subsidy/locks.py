"""The one way to lock this package's rows: the decisions of one enrolment, all programmes at once."""

from __future__ import annotations

from django.db import connection

from lms.db.api import require_transaction

_DECISIONS_OF_ENROLMENT = 0x5B51D1


def lock_decisions_of(enrolment_id: int) -> None:
    """Until the transaction ends nobody else decides for this enrolment."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_DECISIONS_OF_ENROLMENT, enrolment_id % 2**31])
