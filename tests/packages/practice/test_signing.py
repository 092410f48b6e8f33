"""Signing in and out, sign-off and sealing: what a practice session leaves behind."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from lms.evidence.api import clock_holder, take_clock
from lms.lib.localday import to_ms
from lms.practice import sealing
from lms.practice.api import (
    attendance_of,
    confirm,
    current_code,
    seal_due,
    sign_by_digits,
    sign_in,
    sign_off,
)
from lms.practice.data import AttendanceState, CodeKind, NotYours, SignMethod, UnableToSignOff
from lms.practice.models import Attendance, SignOff
from tests.factories.classes import FIRST_DAY, at
from tests.factories.practice import ENDS, STARTS, after, code_at, come, evidence_of, leave, make_ground
from tests.packages.enrolment.test_enrolling import at_once

CAME = at(FIRST_DAY, 8, 52)
LEFT = at(FIRST_DAY, 12, 3)


@pytest.mark.django_db
def test_in_out_and_sign_off_become_one_piece_of_evidence() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session

    came = come(session.session_id, learner.learner_id, CAME)
    left = leave(session.session_id, learner.learner_id, LEFT)
    (done,) = sign_off(
        session_id=session.session_id,
        trainer_id=ground.cast.trainer_id,
        enrolment_ids=[learner.enrolment_id],
        now=after(LEFT, minutes=5),
    )

    assert (came.kind, came.at, came.repeated, came.to_confirm) == (CodeKind.IN, CAME, False, False)
    assert came.attendance.state is AttendanceState.PRESENT
    assert (left.at, left.attendance.state) == (LEFT, AttendanceState.TO_SIGN_OFF)
    assert done.state is AttendanceState.COUNTED
    assert done.counted_seconds == 10_800 - 900
    assert evidence_of(done.evidence_id) == {
        "source": "practice",
        "learner": learner.learner_id,
        "stretches": [(to_ms(CAME), to_ms(LEFT))],
        "session": f"practice:{session.session_id}",
        "schedule": [to_ms(STARTS), to_ms(ENDS)],
        "breaks": [[to_ms(at(FIRST_DAY, 10, 30)), to_ms(at(FIRST_DAY, 10, 45))]],
        "in_ms": to_ms(CAME),
        "out_ms": to_ms(LEFT),
        "in_method": "qr",
        "out_method": "qr",
        "confirmed_by": None,
        "signed_by": ground.cast.trainer_id,
        "signed_at_ms": to_ms(after(LEFT, minutes=5)),
    }


@pytest.mark.django_db
def test_the_sign_off_may_come_first_and_the_sign_out_then_seals() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    (signed,) = sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    assert (signed.state, signed.evidence_id) == (AttendanceState.PRESENT, None)

    left = leave(session.session_id, learner.learner_id, at(FIRST_DAY, 11, 30))

    assert left.attendance.state is AttendanceState.COUNTED
    assert left.attendance.counted_seconds == 9_000 - 900
    assert evidence_of(left.attendance.evidence_id)["out_ms"] == to_ms(at(FIRST_DAY, 11, 30))


@pytest.mark.django_db
def test_a_code_scanned_twice_gives_the_same_answer_and_no_second_time() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    code = code_at(session.session_id, CodeKind.IN, CAME)

    first = sign_in(code=code, learner_id=learner.learner_id, now=CAME)
    second = sign_in(code=code, learner_id=learner.learner_id, now=after(CAME, seconds=9))
    later = come(session.session_id, learner.learner_id, at(FIRST_DAY, 10))

    assert (second.repeated, second.at, second.attendance) == (True, CAME, first.attendance)
    assert (later.repeated, later.at) == (True, CAME)
    assert Attendance.objects.count() == 1


@pytest.mark.django_db
def test_signing_out_twice_keeps_the_first_time_and_one_evidence() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))

    first = leave(session.session_id, learner.learner_id, LEFT)
    second = leave(session.session_id, learner.learner_id, after(LEFT, minutes=10))

    assert (first.repeated, second.repeated, second.at) == (False, True, LEFT)
    assert second.attendance == first.attendance


@pytest.mark.django_db
def test_only_staff_of_the_base_and_the_trainer_confirm_and_nobody_himself() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    digits = current_code(session_id=session.session_id, kind=CodeKind.IN, now=CAME).digits
    sign_by_digits(digits=digits, learner_id=learner.learner_id, now=CAME)

    for actor in (
        ground.cast.hr_id,
        ground.cast.officer_id,
        ground.cast.provider_admin_id,
        ground.cast.assessor_id,
        learner.learner_id,
    ):
        with pytest.raises(NotYours):
            confirm(
                session_id=session.session_id,
                enrolment_id=learner.enrolment_id,
                kind=CodeKind.IN,
                staff_id=actor,
                now=CAME,
            )
    assert Attendance.objects.get().in_confirmed_at is None


@pytest.mark.django_db
def test_only_the_sessions_own_trainer_signs_off_and_only_people_who_came() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session

    with pytest.raises(UnableToSignOff) as nobody:
        sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 9, 30))
    come(session.session_id, learner.learner_id, CAME)
    for actor in (ground.cast.base_staff_id, ground.cast.officer_id, ground.cast.hr_id, learner.learner_id):
        with pytest.raises(NotYours):
            sign_off(session_id=session.session_id, trainer_id=actor, now=at(FIRST_DAY, 11))
    with pytest.raises(UnableToSignOff) as absent:
        sign_off(
            session_id=session.session_id,
            trainer_id=ground.cast.trainer_id,
            enrolment_ids=[one.enrolment_id for one in ground.learners],
            now=at(FIRST_DAY, 11),
        )

    assert (nobody.value.codes, absent.value.codes) == (("not_signed_in_yet",), ("not_signed_in_yet",))
    assert SignOff.objects.count() == 0


@pytest.mark.django_db
def test_a_missing_sign_out_counts_as_nothing_and_is_shown() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))

    open_still, _absent = attendance_of(session_id=session.session_id, now=at(FIRST_DAY, 12, 59))
    missing, absent = attendance_of(session_id=session.session_id, now=at(FIRST_DAY, 13))

    assert open_still.state is AttendanceState.PRESENT
    assert (missing.state, missing.counted_seconds, missing.evidence_id) == (AttendanceState.MISSING_OUT, 0, None)
    assert absent.state is AttendanceState.ABSENT
    assert seal_due(now=at(FIRST_DAY, 14)) == 0


@pytest.mark.django_db
def test_practice_takes_the_learning_clock_from_the_video() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    take_clock(
        learner_id=learner.learner_id,
        source="video",
        holder="player:1",
        from_at=at(FIRST_DAY, 8, 30),
        now=at(FIRST_DAY, 8, 30),
    )

    come(session.session_id, learner.learner_id, CAME)

    before = clock_holder(learner_id=learner.learner_id, at=at(FIRST_DAY, 8, 59))
    during = clock_holder(learner_id=learner.learner_id, at=at(FIRST_DAY, 9))
    assert before is not None
    assert during is not None
    # practice counts from the start of the schedule, so the clock changes hands then and not at an early sign-in
    assert (before.source, during.source) == ("video", "practice")


@pytest.mark.django_db
def test_what_was_whole_but_not_sealed_is_sealed_by_the_sweep_and_only_once() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    # what a process leaves that dies between the committed sign-out and the evidence
    Attendance.objects.update(out_at=LEFT, out_method=SignMethod.QR)
    (waiting, _other) = attendance_of(session_id=session.session_id, now=LEFT)
    assert (waiting.state, waiting.evidence_id) == (AttendanceState.TO_SIGN_OFF, None)

    first = seal_due(now=after(LEFT, minutes=1))
    sealed = Attendance.objects.get()
    second = seal_due(now=after(LEFT, minutes=2))

    assert (first, second) == (1, 0)
    assert evidence_of(sealed.evidence_id)["out_ms"] == to_ms(LEFT)
    assert Attendance.objects.get().evidence_id == sealed.evidence_id


@pytest.mark.django_db
def test_what_can_not_be_sealed_is_noted_and_left_to_the_sweep() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    Attendance.objects.update(out_at=LEFT, out_method=SignMethod.QR)
    row = Attendance.objects.get()

    # a clock that stands behind the sign-out: evidence is never taken from the future
    early = sealing.try_to_seal(attendance_id=row.pk, now=at(FIRST_DAY, 10))
    noted = Attendance.objects.get()
    later = seal_due(now=after(LEFT, minutes=1))
    sealed = Attendance.objects.get()

    assert (early, noted.evidence_id, bool(noted.seal_problem)) == (False, None, True)
    assert (later, sealed.seal_problem, sealed.evidence_id is not None) == (1, "", True)


@pytest.mark.django_db
def test_sealing_again_after_a_lost_answer_finds_the_same_evidence() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    first = leave(session.session_id, learner.learner_id, LEFT).attendance.evidence_id
    Attendance.objects.update(evidence_id=None, sealed_at=None)

    assert sealing.seal_due(now=after(LEFT, hours=5)) == 1
    assert Attendance.objects.get().evidence_id == first


@pytest.mark.django_db
def test_sign_offs_can_not_be_changed() -> None:
    ground = make_ground()
    come(ground.session.session_id, ground.learners[0].learner_id, CAME)
    sign_off(session_id=ground.session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))

    for statement in ("UPDATE practice_signoff SET note = 'x'", "DELETE FROM practice_signoff"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert SignOff.objects.get().note == ""


@pytest.mark.django_db(transaction=True)
def test_scanning_twice_at_once_makes_one_attendance_with_one_time() -> None:
    ground = make_ground(names=("李秀兰",))
    learner, session = ground.learners[0], ground.session
    code = code_at(session.session_id, CodeKind.IN, CAME)

    results = at_once(
        *(
            lambda second=second: sign_in(code=code, learner_id=learner.learner_id, now=after(CAME, seconds=second))
            for second in range(4)
        )
    )

    row = Attendance.objects.get()
    assert {result.at for result in results} == {row.in_at}  # type: ignore[attr-defined]
    assert sorted(result.repeated for result in results) == [False, True, True, True]  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_sign_out_and_sign_off_at_once_seal_exactly_once() -> None:
    ground = make_ground(names=("李秀兰",))
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)

    results = at_once(
        lambda: leave(session.session_id, learner.learner_id, LEFT),
        lambda: sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=LEFT),
        lambda: leave(session.session_id, learner.learner_id, LEFT),
    )

    assert not [result for result in results if isinstance(result, Exception)]
    row = Attendance.objects.get()
    assert row.evidence_id is not None
    assert evidence_of(row.evidence_id)["in_ms"] == to_ms(CAME)
