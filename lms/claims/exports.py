"""The person's own claim lines, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.claims.models import ClaimLine


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every line in which money was claimed for the person's training, in whatever state."""
    rows = ClaimLine.objects.filter(person_id=person_id).select_related("batch").order_by("pk")
    return [
        {
            "claim": row.batch.number,
            "line": row.line_no,
            "enrolment": row.enrolment_id,
            "programme": row.programme_code,
            "record_no": row.record_no,
            "decision": row.decision_id,
            "amount_fen": row.amount_fen,
            "state": row.state,
            "reason": row.reason,
            "claim_state": row.batch.state,
        }
        for row in rows
    ]
