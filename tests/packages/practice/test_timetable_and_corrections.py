from __future__ import annotations

from datetime import timedelta

import pytest

from lms.evidence.api import get_evidence
from lms.notices.api import inbox_of
from lms.practice.api import (
    attendance_of,
    cancel_session,
    corrections_of,
    decide_correction,
    propose_sign_out,
    schedule_session,
    sessions_for,
    sign_off,
)
from lms.practice.data import AttendanceState, NotYours, UnableToCorrect, UnableToSchedule, UnableToSign
from lms.practice.models import Attendance, Correction, PracticeSession
from lms.practice.tasks import remind_missing
from tests.factories.classes import (
    FILED_AT,
    FIRST_DAY,
    LAST_DAY,
    LIVE_UNIT,
    PRACTICE_UNIT,
    at,
    make_cast,
    make_filed_class,
)
from tests.factories.practice import ENDS, STARTS, come, leave, make_ground, make_session
from tests.packages.enrolment.test_enrolling import at_once

CAME = at(FIRST_DAY, 8, 52)
CLOSED = at(FIRST_DAY, 13)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"ends_at": STARTS}, ("session_ends_before_start",)),
        ({"ends_at": STARTS - timedelta(hours=1)}, ("session_ends_before_start",)),
        ({"ends_at": STARTS + timedelta(hours=13)}, ("session_too_long",)),
        ({"now": STARTS + timedelta(seconds=1)}, ("session_in_the_past",)),
        (
            {"starts_at": at(FIRST_DAY - timedelta(days=1), 9), "ends_at": at(FIRST_DAY - timedelta(days=1), 12)},
            ("outside_class",),
        ),
        ({"starts_at": at(LAST_DAY, 22), "ends_at": at(LAST_DAY + timedelta(days=1), 1)}, ("outside_class",)),
        ({"unit_key": LIVE_UNIT}, ("not_a_practice_unit",)),
        ({"unit_key": "nothing"}, ("unknown_unit",)),
        ({"breaks": ((ENDS, STARTS),)}, ("breaks_misfit",)),
        ({"breaks": ((STARTS, ENDS + timedelta(minutes=1)),)}, ("breaks_misfit",)),
    ],
)
def test_bad_sessions_are_refused_by_name(changes: dict[str, object], codes: tuple[str, ...]) -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)
    session = {
        "class_run_id": run.class_run_id,
        "unit_key": PRACTICE_UNIT,
        "base_id": cast.base_id,
        "trainer_id": cast.trainer_id,
        "starts_at": STARTS,
        "ends_at": ENDS,
        "actor_id": cast.provider_admin_id,
        "now": FILED_AT,
        **changes,
    }

    with pytest.raises(UnableToSchedule) as refused:
        schedule_session(**session)  # type: ignore[arg-type]

    assert refused.value.codes == codes
    assert PracticeSession.objects.count() == 0


@pytest.mark.django_db
def test_another_base_and_a_person_who_does_not_teach_are_refused() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    with pytest.raises(UnableToSchedule) as refused:
        schedule_session(
            class_run_id=run.class_run_id,
            unit_key=PRACTICE_UNIT,
            base_id=cast.provider_id,
            trainer_id=cast.assessor_id,
            starts_at=STARTS,
            ends_at=ENDS,
            actor_id=cast.provider_admin_id,
            now=FILED_AT,
        )

    assert refused.value.codes == ("other_base", "not_a_trainer_here")


@pytest.mark.django_db
def test_only_the_arrangers_and_trainers_schedule() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    for actor in (cast.other_hr_id, cast.base_staff_id, cast.officer_id, cast.assessor_id, cast.stranger_id):
        with pytest.raises(NotYours):
            schedule_session(
                class_run_id=run.class_run_id,
                unit_key=PRACTICE_UNIT,
                base_id=cast.base_id,
                trainer_id=cast.trainer_id,
                starts_at=STARTS,
                ends_at=ENDS,
                actor_id=actor,
                now=FILED_AT,
            )
    assert PracticeSession.objects.count() == 0


@pytest.mark.django_db
def test_a_trainer_is_in_one_place_at_a_time() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)
    first = make_session(cast, run)

    with pytest.raises(UnableToSchedule) as refused:
        make_session(cast, run, starts_at=ENDS - timedelta(minutes=1), ends_at=ENDS + timedelta(hours=1))
    next_one = make_session(cast, run, starts_at=ENDS, ends_at=ENDS + timedelta(hours=1))
    cancel_session(session_id=first.session_id, actor_id=cast.provider_admin_id, reason="停电", now=FILED_AT)
    again = make_session(cast, run)

    assert refused.value.codes == ("trainer_busy",)
    assert [one.session_id for one in sessions_for(class_run_id=run.class_run_id)] == [
        first.session_id,
        again.session_id,
        next_one.session_id,
    ]
    assert [one.session_id for one in sessions_for(base_ids=[cast.base_id], day=FIRST_DAY + timedelta(days=1))] == []
    assert sessions_for() == ()


@pytest.mark.django_db
def test_a_cancelled_session_takes_nobody_and_one_with_people_is_not_cancelled() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    other = make_session(ground.cast, ground.run, starts_at=at(FIRST_DAY, 13), ends_at=at(FIRST_DAY, 15))
    cancel_session(
        session_id=other.session_id, actor_id=ground.cast.trainer_id, reason="设备检修", now=at(FIRST_DAY, 8)
    )
    come(session.session_id, learner.learner_id, CAME)

    with pytest.raises(UnableToSign) as refused:
        come(other.session_id, learner.learner_id, at(FIRST_DAY, 13, 5))
    with pytest.raises(UnableToSchedule) as taking_place:
        cancel_session(session_id=session.session_id, actor_id=ground.cast.trainer_id, reason="x", now=CAME)
    with pytest.raises(NotYours):
        cancel_session(session_id=session.session_id, actor_id=ground.cast.hr_id, reason="x", now=CAME)

    assert refused.value.codes == ("session_cancelled",)
    assert taking_place.value.codes == ("somebody_signed_in",)


@pytest.mark.django_db
def test_a_missing_sign_out_is_entered_by_two_people_and_then_counts() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    sign_off(session_id=session.session_id, trainer_id=ground.cast.trainer_id, now=at(FIRST_DAY, 11))
    proposal = propose_sign_out(
        session_id=session.session_id,
        enrolment_id=learner.enrolment_id,
        out_at=at(FIRST_DAY, 11, 45),
        reason="手机没电,有签字表",
        actor_id=ground.cast.base_staff_id,
        now=CLOSED,
    )
    (waiting, _other) = attendance_of(session_id=session.session_id, now=CLOSED)

    with pytest.raises(UnableToCorrect) as alone:
        decide_correction(
            correction_id=proposal.correction_id, approve=True, actor_id=ground.cast.base_staff_id, now=CLOSED
        )
    decided = decide_correction(
        correction_id=proposal.correction_id, approve=True, actor_id=ground.cast.trainer_id, now=CLOSED
    )
    with pytest.raises(UnableToCorrect):
        decide_correction(
            correction_id=proposal.correction_id, approve=True, actor_id=ground.cast.provider_admin_id, now=CLOSED
        )

    assert (waiting.state, waiting.correction_open) == (AttendanceState.MISSING_OUT, True)
    assert alone.value.codes == ("second_person_needed",)
    assert (decided.approved, decided.decided_by_id) == (True, ground.cast.trainer_id)
    (counted, _other) = attendance_of(session_id=session.session_id, now=CLOSED)
    assert (counted.state, counted.counted_seconds) == (AttendanceState.COUNTED, 9_900 - 900)
    assert counted.evidence_id is not None
    assert get_evidence(evidence_id=counted.evidence_id).payload["out_method"] == "correction"
    assert corrections_of(session_id=session.session_id) == (decided,)


@pytest.mark.django_db
def test_a_refused_correction_leaves_zero_and_a_new_one_may_follow() -> None:
    ground = make_ground()
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    wish = {
        "session_id": session.session_id,
        "enrolment_id": learner.enrolment_id,
        "out_at": ENDS,
        "reason": "忘记签退",
        "actor_id": ground.cast.base_staff_id,
        "now": CLOSED,
    }
    first = propose_sign_out(**wish)  # type: ignore[arg-type]
    with pytest.raises(UnableToCorrect) as twice:
        propose_sign_out(**wish)  # type: ignore[arg-type]

    decide_correction(correction_id=first.correction_id, approve=False, actor_id=ground.cast.trainer_id, now=CLOSED)
    second = propose_sign_out(**wish)  # type: ignore[arg-type]

    assert twice.value.codes == ("correction_waits",)
    assert second.approved is None
    assert Attendance.objects.get().out_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("out_at", "now", "codes"),
    [
        (at(FIRST_DAY, 11), at(FIRST_DAY, 11, 59), ("session_not_over",)),
        (CAME, CLOSED, ("correction_out_of_range",)),
        (ENDS + timedelta(seconds=1), CLOSED, ("correction_out_of_range",)),
    ],
)
def test_corrections_stay_inside_what_was_seen(out_at: object, now: object, codes: tuple[str, ...]) -> None:
    ground = make_ground()
    learner = ground.learners[0]
    come(ground.session.session_id, learner.learner_id, CAME)

    with pytest.raises(UnableToCorrect) as refused:
        propose_sign_out(
            session_id=ground.session.session_id,
            enrolment_id=learner.enrolment_id,
            out_at=out_at,  # type: ignore[arg-type]
            reason="x",
            actor_id=ground.cast.base_staff_id,
            now=now,  # type: ignore[arg-type]
        )

    assert refused.value.codes == codes
    assert Correction.objects.count() == 0


@pytest.mark.django_db
def test_only_staff_propose_and_nobody_enters_a_sign_in() -> None:
    ground = make_ground()
    first, second = ground.learners
    come(ground.session.session_id, first.learner_id, CAME)
    leave(ground.session.session_id, first.learner_id, ENDS)

    for actor in (ground.cast.hr_id, ground.cast.officer_id, ground.cast.provider_admin_id, first.learner_id):
        with pytest.raises(NotYours):
            propose_sign_out(
                session_id=ground.session.session_id,
                enrolment_id=first.enrolment_id,
                out_at=ENDS,
                reason="x",
                actor_id=actor,
                now=CLOSED,
            )
    with pytest.raises(UnableToCorrect) as done:
        propose_sign_out(
            session_id=ground.session.session_id,
            enrolment_id=first.enrolment_id,
            out_at=ENDS,
            reason="x",
            actor_id=ground.cast.trainer_id,
            now=CLOSED,
        )
    with pytest.raises(NotYours):
        propose_sign_out(
            session_id=ground.session.session_id,
            enrolment_id=second.enrolment_id,
            out_at=ENDS,
            reason="x",
            actor_id=ground.cast.trainer_id,
            now=CLOSED,
        )
    assert done.value.codes == ("signed_out_already",)


@pytest.mark.django_db
def test_who_never_signed_out_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = make_ground()
    first, second = ground.learners
    come(ground.session.session_id, first.learner_id, CAME)
    come(ground.session.session_id, second.learner_id, CAME)
    leave(ground.session.session_id, second.learner_id, ENDS)
    before = len(inbox_of(person_id=first.learner_id, language="zh-hans"))
    monkeypatch.setattr("lms.practice.tasks.timezone.now", lambda: CLOSED)

    remind_missing()
    remind_missing()

    told = inbox_of(person_id=first.learner_id, language="zh-hans")
    assert len(told) == before + 1
    assert ground.session.title in told[0].title
    assert len(inbox_of(person_id=second.learner_id, language="zh-hans")) == before


@pytest.mark.django_db(transaction=True)
def test_two_people_decide_at_once_and_one_decision_stands() -> None:
    ground = make_ground(names=("李秀兰",))
    learner, session = ground.learners[0], ground.session
    come(session.session_id, learner.learner_id, CAME)
    proposal = propose_sign_out(
        session_id=session.session_id,
        enrolment_id=learner.enrolment_id,
        out_at=ENDS,
        reason="忘记签退",
        actor_id=ground.cast.base_staff_id,
        now=CLOSED,
    )

    results = at_once(
        *(
            lambda actor=actor: decide_correction(
                correction_id=proposal.correction_id, approve=True, actor_id=actor, now=CLOSED
            )
            for actor in (ground.cast.trainer_id, ground.cast.provider_admin_id)
        )
    )

    assert sum(isinstance(result, UnableToCorrect) for result in results) == 1
    (only,) = corrections_of(session_id=session.session_id)
    assert only.approved is True
