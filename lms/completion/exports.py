"""Completion records: for the file that everybody may take along, and for the archive of a class."""

from __future__ import annotations

from datetime import datetime

from lms.completion.models import Record, Revocation
from lms.lib.canonical import JSONValue


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every record ever issued to the person: exactly what was signed, its signature, and whether it still stands."""
    rows = Record.objects.filter(enrolment__person_id=person_id).order_by("pk")
    revoked = dict(Revocation.objects.filter(record__in=rows).values_list("record_id", "reason"))
    replaced = set(rows.filter(superseded_by__isnull=False).values_list("pk", flat=True))
    return [
        {
            "record_no": row.record_no,
            "enrolment": row.enrolment_id,
            "issued_at": row.issued_at.isoformat(),
            "standing": "revoked" if row.pk in revoked else "superseded" if row.pk in replaced else "valid",
            "revoked_reason": revoked.get(row.pk, ""),
            "verify_code": row.verify_code,
            "signed_content": row.content,
            "digest": row.digest,
            "signature": row.signature,
            "key": row.key_id,
        }
        for row in rows
    ]


def record_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every record ever issued for one enrolment: what was signed, the signature, and what became of it."""
    rows = Record.objects.filter(enrolment_id=enrolment_id).select_related("revocation").order_by("version")
    return [
        {
            "record_no": row.record_no,
            "content": row.content,
            "digest": row.digest,
            "key_id": row.key_id,
            "signature": row.signature,
            "revoked_at": row.revocation.revoked_at.isoformat() if hasattr(row, "revocation") else None,
            "revoked_reason": row.revocation.reason if hasattr(row, "revocation") else "",
        }
        for row in rows
    ]
