"""The one way to lock this package's rows: the batch first, then the series. Lines change only under their batch."""

from __future__ import annotations

from lms.claims.data import ClaimNotFound
from lms.claims.models import ClaimBatch, ClaimSeries


def lock_batch(batch_id: int) -> ClaimBatch:
    """The batch, held until the transaction ends. Raises ClaimNotFound."""
    batch = ClaimBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise ClaimNotFound(batch_id)
    return batch


def next_number(year: int) -> int:
    """The next claim number of the year, given to nobody else."""
    ClaimSeries.objects.bulk_create([ClaimSeries(year=year)], ignore_conflicts=True)
    series = ClaimSeries.objects.select_for_update().get(year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return series.last
