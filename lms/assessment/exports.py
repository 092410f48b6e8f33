"""Marks: for the file that everybody may take along, and for the archive of a class."""

from __future__ import annotations

from datetime import datetime

from lms.assessment.models import Mark
from lms.lib.canonical import JSONValue
from lms.lib.localday import to_ms


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every mark ever entered about the person, replaced ones too."""
    rows = Mark.objects.filter(enrolment__person_id=person_id).select_related("exam").order_by("pk")
    return [
        {
            "enrolment": row.enrolment_id,
            "exam": row.exam.title,
            "held_on": row.exam.held_on.isoformat(),
            "score": row.score,
            "version": row.version,
            "reason": row.reason,
            "entered_at": row.entered_at.isoformat(),
        }
        for row in rows
    ]


def mark_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every mark of one person in one class, replaced ones and absences too (docs/archive.md)."""
    rows = Mark.objects.filter(enrolment_id=enrolment_id).select_related("exam").order_by("unit_key", "version")
    return [
        {
            "unit": row.unit_key,
            "version": row.version,
            "exam": row.exam_id,
            "kind": row.exam.kind,
            "held_on": row.exam.held_on.isoformat(),
            "score": row.score,
            "pass_mark": row.exam.pass_mark,
            "assessor": row.assessor_id,
            "reason": row.reason,
            "entered_ms": to_ms(row.entered_at),
            "evidence": str(row.evidence_id) if row.evidence_id else None,
        }
        for row in rows
    ]
