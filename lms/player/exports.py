"""Play sessions, their raw beats and presence checks as a class archive shows them (docs/archive.md)."""

from __future__ import annotations

from lms.lib.canonical import JSONValue
from lms.lib.localday import to_ms, to_us
from lms.player.models import PlaySession, PresenceCheck, WatchSegment


def trace_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every play session of one enrolment in order of its start, each followed by its segments as they were settled."""
    lines: list[dict[str, JSONValue]] = []
    for session in PlaySession.objects.filter(enrolment_id=enrolment_id).order_by("started_at", "id"):
        lines.append(_session(session))
        segments = WatchSegment.objects.filter(session=session).order_by("pk")
        lines += [
            {
                "segment": segment.external_key,
                "session": str(session.pk),
                "sealed_at_us": to_us(segment.sealed_at),
                "beats": segment.beats,
            }
            for segment in segments.iterator(chunk_size=200)
        ]
    return lines


def check_lines(*, enrolment_id: int) -> list[dict[str, JSONValue]]:
    """Every decided presence check of one enrolment, in the order of their outcomes."""
    rows = PresenceCheck.objects.filter(enrolment_id=enrolment_id).order_by("decided_at", "pk")
    return [
        {
            "check": str(row.pk),
            "session": str(row.session_id),
            "kind": row.kind,
            "method": row.method,
            "result": row.result,
            "cause": row.cause,
            "asked_ms": to_ms(row.asked_at),
            "shown_ms": to_ms(row.shown_at) if row.shown_at else None,
            "answered_ms": to_ms(row.answered_at) if row.answered_at else None,
            "decided_ms": to_ms(row.decided_at),
            "answers": row.answers,
            "answer_seconds": row.answer_seconds,
            "supervisor": row.supervisor_id,
        }
        for row in rows
    ]


def _session(row: PlaySession) -> dict[str, JSONValue]:
    return {
        "session": str(row.pk),
        "unit": row.unit_key,
        "unit_ms": row.unit_ms,
        "started_ms": to_ms(row.started_at),
        "closed_ms": to_ms(row.closed_at) if row.closed_at else None,
        "close_reason": row.close_reason,
        "window_from_ms": to_ms(row.window_from),
        "window_to_ms": to_ms(row.window_to),
        "confirm_until_ms": to_ms(row.confirm_until or row.window_to),
        "network": _network(row.ip),
        "device": row.user_agent,
    }


def _network(ip: str) -> str:
    """The address without its last part: enough to see a shared network, not one home."""
    mark = ":" if ":" in ip else "."
    return f"{ip.rpartition(mark)[0]}{mark}*" if ip else ""
