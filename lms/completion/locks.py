"""The one way to lock this package's rows: first the enrolments' records (advisory, by id), then the series."""

from __future__ import annotations

from django.db import connection

from lms.completion.models import RecordSeries

_RECORDS_OF_ENROLMENT = 0x5245C0
_LOCK = "SELECT pg_advisory_xact_lock(%s, key) FROM (SELECT unnest(%s::int[]) AS key) AS asked"


def lock_records_of(*enrolment_ids: int) -> None:
    """Until the transaction ends nobody else issues or revokes a record of these enrolments.

    Ask once for all of a transaction, before any record is sealed: then two transactions never wait in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_RECORDS_OF_ENROLMENT, sorted({item % 2**31 for item in enrolment_ids})])


def next_sequence(*, region: str, year: int) -> int:
    """The next serial of the series, given to nobody else; a rolled-back transaction gives it again."""
    RecordSeries.objects.bulk_create([RecordSeries(region=region, year=year)], ignore_conflicts=True)
    series = RecordSeries.objects.select_for_update().get(region=region, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
