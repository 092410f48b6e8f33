"""Practice attended: for the file that everybody may take along, and for the archive of a class."""

from __future__ import annotations

from datetime import datetime

from lms.lib.canonical import JSONValue
from lms.lib.localday import to_ms
from lms.practice.models import Attendance, Correction


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


def attendance_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every session the person signed in to, with who confirmed, signed off and corrected what (docs/archive.md)."""
    rows = Attendance.objects.filter(enrolment_id=enrolment_id)
    rows = rows.select_related("session", "sign_off").prefetch_related("session__breaks").order_by("pk")
    corrections = Correction.objects.filter(attendance__enrolment_id=enrolment_id).select_related("answer")
    return [
        _attendance(row, [one for one in corrections.order_by("pk") if one.attendance_id == row.pk]) for row in rows
    ]


def _attendance(row: Attendance, corrections: list[Correction]) -> dict[str, JSONValue]:
    sign_off = getattr(row, "sign_off", None)
    return {
        "attendance": row.pk,
        "session": row.session_id,
        "unit": row.session.unit_key,
        "title": row.session.title,
        "place": row.session.place,
        "trainer": row.session.trainer_id,
        "schedule_ms": [to_ms(row.session.starts_at), to_ms(row.session.ends_at)],
        "breaks_ms": [[to_ms(one.starts_at), to_ms(one.ends_at)] for one in row.session.breaks.all()],
        "cancelled": row.session.cancelled_at is not None,
        "in": _sign(row.in_at, row.in_method, row.in_confirmed_by_id),
        "out": _sign(row.out_at, row.out_method, row.out_confirmed_by_id),
        "signed_off": {"by": sign_off.trainer_id, "at_ms": to_ms(sign_off.signed_at)} if sign_off else None,
        "corrections": [_correction(one) for one in corrections],
        "evidence": str(row.evidence_id) if row.evidence_id else None,
    }


def _sign(at: datetime | None, method: str, confirmed_by: int | None) -> dict[str, JSONValue] | None:
    return {"at_ms": to_ms(at), "method": method, "confirmed_by": confirmed_by} if at else None


def _correction(row: Correction) -> dict[str, JSONValue]:
    answer = getattr(row, "answer", None)
    return {
        "out_ms": to_ms(row.out_at),
        "reason": row.reason,
        "proposed_by": row.proposed_by_id,
        "proposed_ms": to_ms(row.proposed_at),
        "approved": answer.approved if answer else None,
        "decided_by": answer.decided_by_id if answer else None,
        "decided_ms": to_ms(answer.decided_at) if answer else None,
    }
