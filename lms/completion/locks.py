"""The one way to lock this package's rows: first the enrolment's records (advisory), then the serial's series."""

from __future__ import annotations

from django.db import connection

from lms.completion.models import RecordSeries

_RECORDS_OF_ENROLMENT = 0x5245C0


def lock_records_of(enrolment_id: int) -> None:
    """Until the transaction ends nobody else issues or revokes a record of this enrolment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_RECORDS_OF_ENROLMENT, enrolment_id % 2**31])


def next_sequence(*, region: str, year: int) -> int:
    """The next serial of the series, given to nobody else; a rolled-back transaction gives it again."""
    RecordSeries.objects.bulk_create([RecordSeries(region=region, year=year)], ignore_conflicts=True)
    series = RecordSeries.objects.select_for_update().get(region=region, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
