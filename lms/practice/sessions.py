"""The timetable of practice: sessions come to be, are cancelled, and are read."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from courses.api import get_curriculum
from courses.data import UnitNotFound
from lms.accounts.api import record_audit
from lms.enrolment.api import Hat, get_class_run, view_of
from lms.enrolment.data import Refusal
from lms.lib.localday import day_start, local_day
from lms.practice.access import session_view
from lms.practice.data import NotYours, PracticeSessionFacts, UnableToSchedule
from lms.practice.facts import session_facts
from lms.practice.locks import find_session
from lms.practice.models import Attendance, PracticeBreak, PracticeSession, trainer_is_busy
from lms.practice.rules import judge_schedule


def schedule_session(
    *,
    class_run_id: int,
    unit_key: str,
    base_id: int,
    trainer_id: int,
    starts_at: datetime,
    ends_at: datetime,
    actor_id: int,
    now: datetime,
    breaks: Sequence[tuple[datetime, datetime]] = (),
    place: str = "",
) -> PracticeSessionFacts:
    """The session stands in the timetable. Raises UnableToSchedule with every rule it breaks, NotYours.

    The actor arranges the class (provider or employer) or is one of its trainers.
    """
    run = get_class_run(class_run_id=class_run_id)
    view = view_of(run, person_id=actor_id, day=local_day(now))
    if not view.may_arrange and Hat.TRAINER not in view.hats:
        raise NotYours(class_run_id)
    try:
        unit = get_curriculum(curriculum_id=run.curriculum_id).unit(unit_key)
    except UnitNotFound:
        raise UnableToSchedule(Refusal(code="unknown_unit", field="unit_key")) from None
    refusals = judge_schedule(
        run,
        unit,
        base_id=base_id,
        trainer_id=trainer_id,
        starts_at=starts_at,
        ends_at=ends_at,
        breaks=breaks,
        now=now,
    )
    if refusals:
        raise UnableToSchedule(*refusals)
    try:
        with transaction.atomic():
            row = PracticeSession.objects.create(
                class_run_id=class_run_id,
                unit_key=unit_key,
                title=unit.title[:200],
                base_id=base_id,
                trainer_id=trainer_id,
                place=(place or run.place)[:200],
                starts_at=starts_at,
                ends_at=ends_at,
                secret=secrets.token_hex(16),
                created_by_id=actor_id,
                created_at=now,
            )
            PracticeBreak.objects.bulk_create(
                [PracticeBreak(session=row, starts_at=since, ends_at=until) for since, until in breaks]
            )
            _audit("schedule_practice", row, actor_id, now)
    except IntegrityError as error:
        if trainer_is_busy(error):
            raise UnableToSchedule(Refusal(code="trainer_busy", field="trainer")) from error
        raise
    return session_facts(row)


def cancel_session(*, session_id: int, actor_id: int, reason: str, now: datetime) -> PracticeSessionFacts:
    """The session does not take place. Refused once somebody has signed in. Raises UnableToSchedule, NotYours."""
    row = find_session(session_id)
    view = session_view(session_facts(row), person_id=actor_id, day=local_day(now))
    if not view.may_cancel:
        raise NotYours(session_id)
    if not reason.strip():
        raise UnableToSchedule(Refusal(code="reason_missing", field="reason"))
    with transaction.atomic():
        row = PracticeSession.objects.select_for_update().get(pk=session_id)
        if row.cancelled_at is not None:
            return session_facts(row)
        if Attendance.objects.filter(session=row, in_at__isnull=False).exists():
            raise UnableToSchedule(Refusal(code="somebody_signed_in"))
        row.cancelled_at, row.cancel_reason = now, reason.strip()[:300]
        row.save(update_fields=["cancelled_at", "cancel_reason"])
        _audit("cancel_practice", row, actor_id, now)
    return session_facts(row)


def get_session(*, session_id: int) -> PracticeSessionFacts:
    """The facts of one session. Raises NotYours."""
    return session_facts(find_session(session_id))


def sessions_for(
    *,
    class_run_id: int | None = None,
    trainer_id: int | None = None,
    base_ids: Sequence[int] = (),
    day: date | None = None,
) -> tuple[PracticeSessionFacts, ...]:
    """Sessions of a class, a trainer or bases (all given conditions hold), on one day where asked, in order."""
    rows = PracticeSession.objects.prefetch_related("breaks").order_by("starts_at", "pk")
    if class_run_id is not None:
        rows = rows.filter(class_run_id=class_run_id)
    if trainer_id is not None:
        rows = rows.filter(trainer_id=trainer_id)
    if base_ids:
        rows = rows.filter(base_id__in=base_ids)
    if class_run_id is None and trainer_id is None and not base_ids:
        rows = rows.none()
    if day is not None:
        rows = rows.filter(starts_at__gte=day_start(day), starts_at__lt=day_start(day + timedelta(days=1)))
    return tuple(session_facts(row) for row in rows)


def _audit(action: str, row: PracticeSession, actor_id: int, now: datetime) -> None:
    record_audit(actor_id=actor_id, action=action, object_kind="practice_session", object_id=row.pk, now=now)
