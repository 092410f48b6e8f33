"""The person's own visits at learning points, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.points.models import Visit


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every visit with its point, what was proved and how it ended."""
    rows = Visit.objects.filter(learner_id=person_id).select_related("device__point").order_by("pk")
    return [
        {
            "point": row.device.point.title,
            "in": row.in_at.isoformat() if row.in_at else None,
            "proved_until": row.last_proof_at.isoformat() if row.last_proof_at else None,
            "ended": row.ended_at.isoformat() if row.ended_at else None,
            "how": row.end_reason,
        }
        for row in rows
    ]
