"""The trainer signs off, the staff confirm who typed digits, and a missing sign-out is entered by two people (补录)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from lms.accounts.api import record_audit
from lms.enrolment.api import roster_of
from lms.enrolment.data import Refusal
from lms.lib.localday import local_day
from lms.practice.access import SessionView, session_view
from lms.practice.data import (
    AttendanceFacts,
    CodeKind,
    CorrectionFacts,
    NotYours,
    PracticeSessionFacts,
    SignMethod,
    UnableToCorrect,
    UnableToSign,
    UnableToSignOff,
)
from lms.practice.facts import attendance_facts, correction_facts, nobody_yet, session_facts, signed_of
from lms.practice.locks import find_session, lock_attendance
from lms.practice.models import Attendance, Correction, CorrectionVerdict, SignOff
from lms.practice.rules import judge_correction
from lms.practice.sealing import try_to_seal
from lms.practice.signing import limits_of


def sign_off(
    *,
    session_id: int,
    trainer_id: int,
    now: datetime,
    enrolment_ids: Collection[int] | None = None,
    note: str = "",
) -> tuple[AttendanceFacts, ...]:
    """The trainer's word stands for these people (None: everyone signed in by now). Signing again changes nothing.

    May come before the sign-out; the evidence is sealed when both stand. Only the session's own trainer (NotYours).
    Raises UnableToSignOff where somebody named has not signed in.
    """
    session = session_facts(find_session(session_id))
    if not session_view(session, person_id=trainer_id, day=local_day(now)).trainer:
        raise NotYours(session_id)
    if session.cancelled_at is not None:
        raise UnableToSignOff(Refusal(code="session_cancelled", params={"session": session.title}))
    present = set(
        Attendance.objects.filter(session_id=session_id, in_at__isnull=False).values_list("enrolment_id", flat=True)
    )
    chosen = present if enrolment_ids is None else set(enrolment_ids)
    if not chosen or chosen - present:
        raise UnableToSignOff(Refusal(code="not_signed_in_yet", params={"people": len(chosen - present)}))
    for enrolment_id in sorted(chosen):
        _sign_off_one(session_id, enrolment_id, trainer_id=trainer_id, note=note, now=now)
    return tuple(one for one in attendance_of(session_id=session_id, now=now) if one.enrolment_id in chosen)


def confirm(*, session_id: int, enrolment_id: int, kind: CodeKind, staff_id: int, now: datetime) -> AttendanceFacts:
    """The staff have seen the person whose digits were typed; the sign counts from the instant it was made.

    The base's staff or the session's trainer (NotYours). Confirming again changes nothing. Raises UnableToSign.
    """
    session = session_facts(find_session(session_id))
    _require_staff(session, staff_id, now)
    with transaction.atomic():
        row = lock_attendance(session_id, enrolment_id)
        if row.learner_id == staff_id:
            raise UnableToSign(Refusal(code="confirms_himself"))
        signed_at = row.in_at if kind is CodeKind.IN else row.out_at
        if signed_at is None:
            raise UnableToSign(Refusal(code="nothing_to_confirm"))
        if kind is CodeKind.IN and row.in_confirmed_at is None:
            row.in_confirmed_at, row.in_confirmed_by_id = now, staff_id
        elif kind is CodeKind.OUT and row.out_confirmed_at is None:
            row.out_confirmed_at, row.out_confirmed_by_id = now, staff_id
        row.save(update_fields=["in_confirmed_at", "in_confirmed_by", "out_confirmed_at", "out_confirmed_by"])
        _audit(f"confirm_sign_{kind}", row, staff_id, now)
    try_to_seal(attendance_id=row.pk, now=now)
    return _fresh(row.pk, session, now)


def propose_sign_out(
    *, session_id: int, enrolment_id: int, out_at: datetime, reason: str, actor_id: int, now: datetime
) -> CorrectionFacts:
    """A missing sign-out is proposed with its reason; it counts once somebody else approves. Raises UnableToCorrect.

    The base's staff or the session's trainer (NotYours).
    """
    session = session_facts(find_session(session_id))
    _require_staff(session, actor_id, now)
    if not reason.strip():
        raise UnableToCorrect(Refusal(code="reason_missing", field="reason"))
    with transaction.atomic():
        row = lock_attendance(session_id, enrolment_id)
        refusals = judge_correction(session, signed_of(row), out_at=out_at, now=now)
        if Correction.objects.filter(attendance=row, answer=None).exists():
            refusals = (*refusals, Refusal(code="correction_waits"))
        if row.learner_id == actor_id:
            refusals = (*refusals, Refusal(code="confirms_himself"))
        if refusals:
            raise UnableToCorrect(*refusals)
        correction = Correction(
            attendance=row, out_at=out_at, reason=reason.strip()[:300], proposed_by_id=actor_id, proposed_at=now
        )
        correction.save()
        _audit("propose_sign_out", row, actor_id, now)
    return correction_facts(correction)


def decide_correction(*, correction_id: int, approve: bool, actor_id: int, now: datetime) -> CorrectionFacts:
    """A second person has approved or refused the proposed sign-out; the approver is never the proposer.

    The base's staff, the session's trainer or the provider (NotYours). Raises UnableToCorrect.
    """
    found = Correction.objects.select_related("attendance").filter(pk=correction_id).first()
    if found is None:
        raise NotYours(correction_id)
    session = session_facts(find_session(found.attendance.session_id))
    view = session_view(session, person_id=actor_id, day=local_day(now))
    if not (view.may_confirm or view.provider):
        raise NotYours(correction_id)
    if actor_id in {found.proposed_by_id, found.attendance.learner_id}:
        raise UnableToCorrect(Refusal(code="second_person_needed"))
    try:
        with transaction.atomic():
            row = lock_attendance(session.session_id, found.attendance.enrolment_id)
            if approve and row.out_at is not None:
                raise UnableToCorrect(Refusal(code="signed_out_meanwhile"))
            answer = CorrectionVerdict(correction=found, approved=approve, decided_by_id=actor_id, decided_at=now)
            answer.save()
            if approve:
                row.out_at, row.out_method = found.out_at, SignMethod.CORRECTION
                row.out_confirmed_at, row.out_confirmed_by_id = now, actor_id
                row.save(update_fields=["out_at", "out_method", "out_confirmed_at", "out_confirmed_by"])
            _audit("approve_sign_out" if approve else "refuse_sign_out", row, actor_id, now)
    except IntegrityError as error:
        raise UnableToCorrect(Refusal(code="correction_decided")) from error
    try_to_seal(attendance_id=row.pk, now=now)
    return correction_facts(Correction.objects.select_related("attendance", "answer").get(pk=correction_id))


def attendance_of(*, session_id: int, now: datetime) -> tuple[AttendanceFacts, ...]:
    """Everybody on the roster with where they stand in this session, and whoever signed in before leaving it."""
    session = session_facts(find_session(session_id))
    limits = limits_of(session)
    rows = {
        row.enrolment_id: row
        for row in Attendance.objects.filter(session_id=session_id).select_related("sign_off").order_by("pk")
    }
    waiting = set(
        Correction.objects.filter(attendance__session_id=session_id, answer=None).values_list(
            "attendance__enrolment_id", flat=True
        )
    )
    people = roster_of(class_run_id=session.class_run_id, include_dropped=True)
    return tuple(
        attendance_facts(
            rows[one.enrolment_id],
            session,
            now=now,
            limits=limits,
            correction_open=one.enrolment_id in waiting,
        )
        if one.enrolment_id in rows
        else nobody_yet(session, enrolment_id=one.enrolment_id, learner_id=one.learner_id, now=now, limits=limits)
        for one in people
        if one.on_roster or one.enrolment_id in rows
    )


def corrections_of(*, session_id: int) -> tuple[CorrectionFacts, ...]:
    """Proposed sign-outs of a session, the oldest first."""
    rows = Correction.objects.filter(attendance__session_id=session_id).select_related("attendance", "answer")
    return tuple(correction_facts(row) for row in rows.order_by("pk"))


def attendance_for(*, enrolment_id: int, session: PracticeSessionFacts, now: datetime) -> AttendanceFacts | None:
    """The person's attendance of one session, or None before the first sign."""
    row = (
        Attendance.objects.filter(session_id=session.session_id, enrolment_id=enrolment_id)
        .select_related("sign_off")
        .first()
    )
    return attendance_facts(row, session, now=now, limits=limits_of(session)) if row else None


def _sign_off_one(session_id: int, enrolment_id: int, *, trainer_id: int, note: str, now: datetime) -> None:
    with transaction.atomic():
        row = lock_attendance(session_id, enrolment_id)
        if row.learner_id == trainer_id:
            raise UnableToSignOff(Refusal(code="confirms_himself"))
        if not hasattr(row, "sign_off"):
            SignOff(attendance=row, trainer_id=trainer_id, signed_at=now, note=note.strip()[:300]).save()
            _audit("sign_off", row, trainer_id, now)
    try_to_seal(attendance_id=row.pk, now=now)


def _require_staff(session: PracticeSessionFacts, person_id: int, now: datetime) -> SessionView:
    view = session_view(session, person_id=person_id, day=local_day(now))
    if not view.may_confirm:
        raise NotYours(session.session_id)
    return view


def _fresh(attendance_id: int, session: PracticeSessionFacts, now: datetime) -> AttendanceFacts:
    row = Attendance.objects.select_related("sign_off").get(pk=attendance_id)
    return attendance_facts(row, session, now=now, limits=limits_of(session))


def _audit(action: str, row: Attendance, actor_id: int, now: datetime) -> None:
    record_audit(
        actor_id=actor_id,
        action=action,
        object_kind="practice_session",
        object_id=row.session_id,
        now=now,
        detail={"enrolment": row.enrolment_id},
    )
