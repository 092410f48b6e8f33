"""The codes of the base's screen: how long they are good, for whom, and what a wrong one is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lms.enrolment.api import drop
from lms.lib.localday import to_ms
from lms.practice.api import (
    confirm,
    current_code,
    explain,
    scan,
    sign_by_code,
    sign_by_digits,
    sign_by_ticket,
    sign_in,
    sign_off,
    sign_out,
)
from lms.practice.data import AttendanceState, CodeKind, SignMethod, UnableToSign
from lms.practice.models import Attendance
from tests.factories.classes import FIRST_DAY, at, make_curriculum, make_filed_class, make_learner
from tests.factories.practice import after, code_at, come, evidence_of, leave, make_ground, make_session

CAME = at(FIRST_DAY, 8, 52)
LEFT = at(FIRST_DAY, 12, 3)


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
        to_ms(after(CAME, seconds=10)),
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
