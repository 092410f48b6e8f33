"""The person's own practice, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.practice.models import Attendance


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every session the person signed in to: when, how, and whether the trainer signed it off."""
    rows = Attendance.objects.filter(learner_id=person_id).select_related("session", "sign_off").order_by("pk")
    return [
        {
            "enrolment": row.enrolment_id,
            "session": row.session.title,
            "place": row.session.place,
            "scheduled": [row.session.starts_at.isoformat(), row.session.ends_at.isoformat()],
            "in_at": row.in_at.isoformat() if row.in_at else None,
            "in_by": row.in_method or None,
            "out_at": row.out_at.isoformat() if row.out_at else None,
            "out_by": row.out_method or None,
            "signed_off": hasattr(row, "sign_off"),
        }
        for row in rows
    ]
