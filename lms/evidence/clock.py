"""One learning clock per person: whoever took it last holds it, over all classes, devices and sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection

from lms.evidence.data import Tenure
from lms.evidence.models import ClockTenure
from lms.evidence.rules import chain_tenures
from lms.lib.arrays import plain
from lms.lib.localday import from_ms, to_ms

_STARTS = """
SELECT learner_id, (extract(epoch FROM from_at) * 1000)::bigint, source, holder FROM evidence_clocktenure
WHERE learner_id = ANY(%s::bigint[]) ORDER BY from_at, id
"""


def take_clock(*, learner_id: int, source: str, holder: str, from_at: datetime, now: datetime) -> None:
    """From `from_at` on `holder` has the learner's clock; whoever had it is superseded from that instant.

    A tenure is never changed or withdrawn; taking it twice at the same instant is one tenure.
    """
    row = ClockTenure(
        learner_id=learner_id, source=source, holder=holder, from_at=from_ms(to_ms(from_at)), recorded_at=now
    )
    ClockTenure.objects.bulk_create([row], ignore_conflicts=True)


def clock_holder(*, learner_id: int, at: datetime) -> Tenure | None:
    """Who holds the learner's clock at that instant; None where nobody has taken it."""
    row = ClockTenure.objects.filter(learner_id=learner_id, from_at__lte=at).order_by("from_at", "id").last()
    if row is None:
        return None
    after = ClockTenure.objects.filter(learner_id=learner_id, from_at__gt=row.from_at).order_by("from_at").first()
    return Tenure(
        holder=row.holder,
        source=row.source,
        from_ms=to_ms(row.from_at),
        to_ms=to_ms(after.from_at) if after else None,
    )


def tenures_of(*, learner_ids: Collection[int]) -> dict[int, tuple[Tenure, ...]]:
    """Every tenure of each learner in order of start, in one query."""
    starts: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_STARTS, [plain(learner_ids)])
        for learner_id, from_ms_, source, holder in cursor.fetchall():
            starts[learner_id].append((from_ms_, source, holder))
    return {learner_id: chain_tenures(of_learner) for learner_id, of_learner in starts.items()}
