"""A whole attendance becomes evidence, once. What a crash left open is found again by the sweep."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction

from lms.evidence.api import record_evidence
from lms.evidence.data import UnableToRecord
from lms.lib.localday import to_ms
from lms.practice.facts import session_facts, signed_of
from lms.practice.models import Attendance, PracticeSession
from lms.practice.rules import is_complete

_log = structlog.get_logger()
CAPTURED_BY = "practice"


def try_to_seal(*, attendance_id: int, now: datetime) -> bool:
    """Whether the attendance is sealed as evidence after this. A failure is noted on the row and left to the sweep.

    Signing out must not fail because sealing did; therefore this runs after the sign-out has committed.
    """
    try:
        with transaction.atomic():
            return _seal(attendance_id, now)
    except UnableToRecord as error:
        _log.error("practice_not_sealed", attendance_id=attendance_id, code=error.code)
        Attendance.objects.filter(pk=attendance_id, evidence_id=None).update(seal_problem=error.detail[:300])
    except DatabaseError:
        _log.exception("practice_not_sealed", attendance_id=attendance_id)
    return False


def seal_due(*, now: datetime, limit: int = 200) -> int:
    """Attendances that were whole but not yet evidence are sealed; their count."""
    due = (
        Attendance.objects.filter(evidence_id=None, out_at__isnull=False, sign_off__isnull=False)
        .filter(out_at__lte=now)
        .order_by("out_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(try_to_seal(attendance_id=attendance_id, now=now) for attendance_id in list(due))


def missing_sign_outs(*, now: datetime, grace: timedelta) -> list[Attendance]:
    """People of the last week who signed in to a session that ended at least `grace` ago and never signed out."""
    ended = {"session__ends_at__lte": now - grace, "session__ends_at__gt": now - timedelta(days=7)}
    return list(
        Attendance.objects.filter(in_at__isnull=False, out_at=None, **ended).select_related("session").order_by("pk")
    )


def _seal(attendance_id: int, now: datetime) -> bool:
    row = Attendance.objects.select_for_update(of=("self",)).select_related("sign_off").get(pk=attendance_id)
    if row.evidence_id is not None:
        return True
    signed = signed_of(row)
    if not is_complete(signed) or row.in_at is None or row.out_at is None:
        return False
    session = session_facts(PracticeSession.objects.prefetch_related("breaks").get(pk=row.session_id))
    sign_off = row.sign_off
    row.evidence_id = record_evidence(
        source="practice",
        learner_id=row.learner_id,
        enrolment_id=row.enrolment_id,
        unit_key=session.unit_key,
        stretches=(),
        payload={
            "session": f"practice:{session.session_id}",
            "schedule": [to_ms(session.starts_at), to_ms(session.ends_at)],
            "breaks": [[to_ms(since), to_ms(until)] for since, until in session.breaks],
            "in_ms": to_ms(row.in_at),
            "out_ms": to_ms(row.out_at),
            "in_method": row.in_method,
            "out_method": row.out_method,
            "confirmed_by": row.out_confirmed_by_id or row.in_confirmed_by_id,
            "signed_by": sign_off.trainer_id,
            "signed_at_ms": to_ms(sign_off.signed_at),
        },
        captured_by=CAPTURED_BY,
        # the last of the acts that made it whole: a second try seals the very same content
        captured_at=max(
            at
            for at in (row.in_at, row.out_at, sign_off.signed_at, row.in_confirmed_at, row.out_confirmed_at)
            if at is not None
        ),
        external_key=f"practice:{session.session_id}:{row.enrolment_id}",
        now=now,
    )
    row.sealed_at, row.seal_problem = now, ""
    row.save(update_fields=["evidence_id", "sealed_at", "seal_problem"])
    return True
