"""Where learners were on record, for whoever watches over classes. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from lms.evidence.data import Whereabouts
from lms.evidence.models import SealedEvidence


def whereabouts_since(
    *, after: UUID, sources: Collection[str], before: datetime, limit: int
) -> tuple[UUID, tuple[Whereabouts, ...]]:
    """Where people were by evidence of these sources sealed after `after`, and the id to go on from.

    Looks at up to `limit` pieces of any source. `before` keeps away from ids whose neighbours may not have been
    committed yet.
    """
    rows = SealedEvidence.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "source", "recorded_at")
    last, wanted = after, []
    for evidence_id, source, recorded_at in rows[:limit]:
        if recorded_at >= before:
            break
        last = evidence_id
        if source in sources:
            wanted.append(evidence_id)
    return last, _read(SealedEvidence.objects.filter(pk__in=wanted).order_by("pk").iterator())


def whereabouts_of(*, enrolment_ids: Collection[int], sources: Collection[str]) -> tuple[Whereabouts, ...]:
    """Where these people were by evidence of these sources."""
    rows = SealedEvidence.objects.filter(enrolment_id__in=enrolment_ids, source__in=sources).order_by("pk")
    return _read(rows.iterator())


def _read(rows: Iterable[SealedEvidence]) -> tuple[Whereabouts, ...]:
    return tuple(
        Whereabouts(
            source=row.source, learner_id=row.learner_id, enrolment_id=row.enrolment_id, span=(stretch[0], stretch[1])
        )
        for row in rows
        for stretch in row.stretches
    )
