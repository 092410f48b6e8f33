"""Months are made before they are needed, so that no entry ever waits for one."""

from __future__ import annotations

from datetime import date

from django.db import connection

MONTHS_AHEAD = 3


def make_partitions(*, today: date, ahead: int = MONTHS_AHEAD) -> int:
    """The month of `today` and `ahead` more have their partitions, guarded; returns how many were made now.

    Runs with the rights of the tables' owner by way of a database function, which can do nothing else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_make_partitions(%s, %s)", [today, ahead + 1])
        made: int = cursor.fetchone()[0]
    return made
