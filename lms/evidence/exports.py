"""Sealed evidence and tenures of the learning clock as a class archive shows them (docs/archive.md)."""

from __future__ import annotations

from collections.abc import Collection

from lms.evidence.clock import tenures_of
from lms.evidence.models import SealedEvidence
from lms.evidence.rules import DIGEST_VERSION
from lms.lib.canonical import JSONValue
from lms.lib.localday import to_us


def evidence_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every piece of evidence of one enrolment, in the order of recording: what its digest seals, and the digest."""
    rows = SealedEvidence.objects.filter(enrolment_id=enrolment_id).order_by("recorded_at", "id")
    return [
        {
            "id": str(row.pk),
            "content": {
                "captured_at_us": to_us(row.captured_at),
                "captured_by": row.captured_by,
                "digest_version": DIGEST_VERSION,
                "enrolment": row.enrolment_id,
                "external_key": row.external_key,
                "learner": row.learner_id,
                "payload": row.payload,
                "source": row.source,
                "stretches": row.stretches,
                "unit": row.unit_key,
            },
            "digest": row.digest,
            "recorded_at_us": to_us(row.recorded_at),
        }
        for row in rows
    ]


def tenure_lines(*, learner_id: int, holders: Collection[str]) -> list[dict[str, JSONValue]]:
    """When each of these holders held the learner's clock; who took it from them is not told. `to_ms` null: still."""
    return [
        {"holder": one.holder, "source": one.source, "from_ms": one.from_ms, "to_ms": one.to_ms}
        for one in tenures_of(learner_ids=[learner_id]).get(learner_id, ())
        if one.holder in holders
    ]
