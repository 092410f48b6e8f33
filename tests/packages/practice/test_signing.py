from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from lms.enrolment.api import drop
from lms.evidence.api import clock_holder, get_evidence, take_clock
from lms.practice import sealing
from lms.practice.api import (
    attendance_of,
    confirm,
    current_code,
    explain,
    scan,
    seal_due,
    sign_by_code,
    sign_by_digits,
    sign_by_ticket,
    sign_in,
    sign_off,
    sign_out,
)
from lms.practice.data import AttendanceState, CodeKind, NotYours, SignMethod, UnableToSign, UnableToSignOff
from lms.practice.models import Attendance, SignOff
from tests.factories.classes import FIRST_DAY, at, make_curriculum, make_filed_class, make_learner
from tests.factories.practice import ENDS, STARTS, after, code_at, come, leave, make_ground, make_session
from tests.packages.enrolment.test_enrolling import at_once

CAME = at(FIRST_DAY, 8, 52)
LEFT = at(FIRST_DAY, 12, 3)


def evidence_of(evidence_id: UUID | None) -> dict[str, object]:
    assert evidence_id is not None
    found = get_evidence(evidence_id=evidence_id)
    return {
        "source": found.source,
        "learner": found.learner_id,
        "stretches": [(one.wall_from_ms, one.wall_to_ms) for one in found.stretches],
        **found.payload,
    }


def ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000


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
        "stretches": [(ms(CAME), ms(LEFT))],
        "session": f"practice:{session.session_id}",
        "schedule": [ms(STARTS), ms(ENDS)],
        "breaks": [[ms(at(FIRST_DAY, 10, 30)), ms(at(FIRST_DAY, 10, 45))]],
        "in_ms": ms(CAME),
        "out_ms": ms(LEFT),
        "in_method": "qr",
        "out_method": "qr",
        "confirmed_by": None,
        "signed_by": ground.cast.trainer_id,
        "signed_at_ms": ms(after(LEFT, minutes=5)),
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
    assert evidence_of(left.attendance.evidence_id)["out_ms"] == ms(at(FIRST_DAY, 11, 30))


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
@pytest.mark.parametrize(("age", "good"), [(0, True), (29, True), (30, False), (31, False), (3600, False), (-1, False)])
def test_a_code_is_good_for_half_a_minute(age: int, good: bool) -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    shown_at = at(FIRST_DAY, 9)  # a code begins on the full minute
    code = code_at(session.session_id, CodeKind.IN, shown_at)
    now = after(shown_at, seconds=age)

    if good:
        assert sign_in(code=code, learner_id=learner.learner_id, now=now).at == now
    else:
        with pytest.raises(UnableToSign) as refused:
            sign_in(code=code, learner_id=learner.learner_id, now=now)
        assert refused.value.codes == ("code_expired",)
        assert not Attendance.objects.filter(in_at__isnull=False).exists()


@pytest.mark.django_db
def test_the_code_changes_every_twenty_seconds_and_differs_by_kind_and_session() -> None:
    ground = make_ground()
    other = make_session(ground.cast, ground.run, starts_at=at(FIRST_DAY, 13), ends_at=at(FIRST_DAY, 15))
    now = at(FIRST_DAY, 9)
    shown = current_code(session_id=ground.session.session_id, kind=CodeKind.IN, now=now)

    same = current_code(session_id=ground.session.session_id, kind=CodeKind.IN, now=after(now, seconds=19))
    later = current_code(session_id=ground.session.session_id, kind=CodeKind.IN, now=after(now, seconds=20))
    codes = {
        shown.code,
        later.code,
        code_at(ground.session.session_id, CodeKind.OUT, now),
        code_at(other.session_id, CodeKind.IN, now),
    }

    assert (shown.seconds_left, same.seconds_left, shown.rotate_seconds) == (20, 1, 20)
    assert same.code == shown.code
    assert len(codes) == 4
    assert shown.digits.isdigit()
    assert len(shown.digits) == 6


@pytest.mark.django_db
def test_forged_codes_are_refused() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    code = code_at(session.session_id, CodeKind.IN, CAME)
    number, kind, window, seal = code.split(".")
    forgeries = [
        "",
        "x" * 5000,
        "https://example.org/",
        code + "0",
        f"{number}.out.{window}.{seal}",
        f"{number}.{kind}.{int(window) + 1}.{seal}",
        f"{int(number) + 1}.{kind}.{window}.{seal}",
        f"99999999999.{kind}.{window}.{seal}",
        f"{number}.{kind}.{window}.{'0' * 32}",
        "'; DROP TABLE practice_attendance; --",
        "\x00",
    ]

    for forgery in forgeries:
        with pytest.raises(UnableToSign) as refused:
            sign_by_code(code=forgery, learner_id=learner.learner_id, now=CAME)
        assert refused.value.codes == ("code_unknown",)
        assert explain(refused.value.refusals[0]).fix
    assert Attendance.objects.count() == 0


@pytest.mark.django_db
def test_a_code_of_another_class_is_refused_with_its_name() -> None:
    ground = make_ground()
    outsider = make_learner("胡军")
    plan = make_curriculum(ground.cast, slug="other")
    _other, (elsewhere,) = make_filed_class(ground.cast, names=("何伟",), curriculum=plan)

    for person_id in (outsider, elsewhere.learner_id, ground.cast.trainer_id):
        with pytest.raises(UnableToSign) as refused:
            come(ground.session.session_id, person_id, CAME)
        assert refused.value.codes == ("other_class",)
        assert "低压线路安装与排故" in explain(refused.value.refusals[0]).text
    assert Attendance.objects.count() == 0


@pytest.mark.django_db
def test_who_was_taken_off_the_roster_can_not_sign_in() -> None:
    ground = make_ground()
    learner = ground.learners[0]
    drop(enrolment_id=learner.enrolment_id, actor_id=ground.cast.hr_id, reason="离职", now=at(FIRST_DAY, 8))

    with pytest.raises(UnableToSign) as refused:
        come(ground.session.session_id, learner.learner_id, CAME)

    assert refused.value.codes == ("not_on_roster",)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "code"),
    [
        (at(FIRST_DAY, 7, 59), "too_early"),
        (at(FIRST_DAY, 8), None),
        (at(FIRST_DAY, 11, 59), None),
        (at(FIRST_DAY, 12), "session_over"),
        (at(FIRST_DAY + timedelta(days=1), 9), "session_over"),
    ],
)
def test_sign_in_is_open_from_an_hour_before_until_the_end(now: datetime, code: str | None) -> None:
    ground = make_ground()
    learner = ground.learners[0]

    if code is None:
        assert come(ground.session.session_id, learner.learner_id, now).at == now
    else:
        with pytest.raises(UnableToSign) as refused:
            come(ground.session.session_id, learner.learner_id, now)
        assert refused.value.codes == (code,)


@pytest.mark.django_db
def test_sign_out_needs_a_sign_in_and_closes_an_hour_after_the_end() -> None:
    ground = make_ground()
    first, second = ground.learners
    come(ground.session.session_id, second.learner_id, CAME)

    with pytest.raises(UnableToSign) as absent:
        leave(ground.session.session_id, first.learner_id, LEFT)
    with pytest.raises(UnableToSign) as late:
        leave(ground.session.session_id, second.learner_id, at(FIRST_DAY, 13))
    in_time = leave(ground.session.session_id, second.learner_id, at(FIRST_DAY, 12, 59))

    assert absent.value.codes == ("not_signed_in",)
    assert late.value.codes == ("sign_out_closed",)
    assert in_time.attendance.counted_seconds == 10_800 - 900


@pytest.mark.django_db
def test_after_signing_out_nobody_signs_in_again() -> None:
    ground = make_ground()
    learner = ground.learners[0]
    come(ground.session.session_id, learner.learner_id, CAME)
    leave(ground.session.session_id, learner.learner_id, at(FIRST_DAY, 10))

    with pytest.raises(UnableToSign) as refused:
        come(ground.session.session_id, learner.learner_id, at(FIRST_DAY, 11))

    assert refused.value.codes == ("signed_out_already",)
    row = Attendance.objects.get()
    assert (row.in_at, row.out_at) == (CAME, at(FIRST_DAY, 10))


@pytest.mark.django_db
def test_the_wrong_kind_of_code_is_named() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session

    with pytest.raises(UnableToSign) as out:
        sign_out(code=code_at(session.session_id, CodeKind.IN, CAME), learner_id=learner.learner_id, now=CAME)
    with pytest.raises(UnableToSign) as into:
        sign_in(code=code_at(session.session_id, CodeKind.OUT, CAME), learner_id=learner.learner_id, now=CAME)

    assert (out.value.codes, into.value.codes) == (("code_is_for_in",), ("code_is_for_out",))


@pytest.mark.django_db
def test_a_scan_gives_a_ticket_that_serves_its_learner_for_two_minutes() -> None:
    ground = make_ground()
    first, second = ground.learners
    code = code_at(ground.session.session_id, CodeKind.IN, CAME)
    ticket = scan(code=code, learner_id=first.learner_id, now=CAME)
    assert Attendance.objects.count() == 0

    with pytest.raises(UnableToSign) as foreign:
        sign_by_ticket(ticket=ticket.ticket, learner_id=second.learner_id, now=CAME)
    with pytest.raises(UnableToSign) as old:
        sign_by_ticket(ticket=ticket.ticket, learner_id=first.learner_id, now=after(CAME, seconds=120))
    with pytest.raises(UnableToSign) as forged:
        sign_by_ticket(
            ticket=ticket.ticket.replace(".in.", ".out."), learner_id=first.learner_id, now=after(CAME, seconds=5)
        )
    answer = sign_by_ticket(ticket=ticket.ticket, learner_id=first.learner_id, now=after(CAME, seconds=119))

    assert (foreign.value.codes, old.value.codes, forged.value.codes) == (
        ("code_unknown",),
        ("code_expired",),
        ("code_unknown",),
    )
    assert (answer.at, answer.attendance.in_method) == (after(CAME, seconds=119), SignMethod.QR)


@pytest.mark.django_db
def test_typed_digits_count_only_once_the_staff_have_looked() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    digits = current_code(session_id=session.session_id, kind=CodeKind.IN, now=CAME).digits

    came = sign_by_digits(digits=digits, learner_id=learner.learner_id, now=after(CAME, seconds=10))
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    left = leave(session.session_id, learner.learner_id, LEFT)
    assert (came.to_confirm, came.attendance.state) == (True, AttendanceState.TO_CONFIRM)
    assert (left.attendance.state, left.attendance.evidence_id) == (AttendanceState.TO_CONFIRM, None)

    confirmed = confirm(
        session_id=session.session_id,
        enrolment_id=learner.enrolment_id,
        kind=CodeKind.IN,
        staff_id=ground.cast.base_staff_id,
        now=after(LEFT, minutes=2),
    )

    assert confirmed.state is AttendanceState.COUNTED
    sealed = evidence_of(confirmed.evidence_id)
    assert (sealed["in_ms"], sealed["in_method"], sealed["confirmed_by"]) == (
        ms(after(CAME, seconds=10)),
        "digits",
        ground.cast.base_staff_id,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])
def test_malformed_digits_are_refused(digits: str) -> None:
    ground = make_ground()

    with pytest.raises(UnableToSign) as refused:
        sign_by_digits(digits=digits, learner_id=ground.learners[0].learner_id, now=CAME)

    assert refused.value.codes == ("digits_malformed",)


@pytest.mark.django_db
def test_digits_of_another_class_or_of_a_minute_ago_are_unknown() -> None:
    ground = make_ground()
    outsider = make_learner("胡军")
    digits = current_code(session_id=ground.session.session_id, kind=CodeKind.IN, now=CAME).digits

    for person_id, now in ((outsider, CAME), (ground.learners[0].learner_id, after(CAME, minutes=1))):
        with pytest.raises(UnableToSign) as refused:
            sign_by_digits(digits=digits, learner_id=person_id, now=now)
        assert refused.value.codes == ("digits_unknown",)
    assert Attendance.objects.count() == 0


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
    assert evidence_of(sealed.evidence_id)["out_ms"] == ms(LEFT)
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
    assert evidence_of(row.evidence_id)["in_ms"] == ms(CAME)
