from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lms.accounts.api import end_role
from lms.accounts.data import Role
from lms.assessment.api import (
    candidates_of,
    enter_mark,
    enter_marks,
    exams_for,
    explain,
    get_exam,
    mark_history,
    marks_of,
    schedule_exam,
)
from lms.assessment.data import ExamFacts, MarkFacts, NotYours, UnableToMark, UnableToSchedule
from lms.assessment.models import Exam, Mark
from lms.enrolment.api import drop
from lms.evidence.api import get_evidence
from tests.factories.classes import (
    FILED_AT,
    FIRST_DAY,
    LAST_DAY,
    PRACTICE_EXAM,
    PRACTICE_UNIT,
    THEORY_EXAM,
    Cast,
    add_learners,
    at,
    make_cast,
    make_class_run,
    make_curriculum,
    make_filed_class,
)
from tests.packages.enrolment.test_enrolling import at_once

EXAM_DAY = LAST_DAY
NOW = at(EXAM_DAY, 16)


def exam_of(cast: Cast, class_run_id: int, **changes: Any) -> ExamFacts:
    return schedule_exam(
        **{
            "class_run_id": class_run_id,
            "unit_key": THEORY_EXAM,
            "held_on": EXAM_DAY,
            "assessor_id": cast.assessor_id,
            "actor_id": cast.provider_admin_id,
            "now": FILED_AT,
            **changes,
        }
    )


def mark(cast: Cast, exam: ExamFacts, enrolment_id: int, score: Any, **changes: Any) -> MarkFacts:
    return enter_mark(
        **{
            "exam_id": exam.exam_id,
            "enrolment_id": enrolment_id,
            "score": score,
            "assessor_id": cast.assessor_id,
            "now": NOW,
            **changes,
        }
    )


@pytest.mark.django_db
def test_a_mark_is_sealed_and_becomes_evidence() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    entered = mark(cast, exam, learner.enrolment_id, 86)

    assert (entered.version, entered.score, entered.passed, entered.absent) == (1, 86, True, False)
    assert entered.evidence_id is not None
    evidence = get_evidence(evidence_id=entered.evidence_id)
    assert (evidence.source, evidence.unit_key, evidence.stretches) == ("assessment", THEORY_EXAM, ())
    assert evidence.payload == {
        "exam": f"exam:{exam.exam_id}",
        "exam_kind": "theory",
        "score": 86,
        "pass_mark": 60,
        "assessor": cast.assessor_id,
        "version": 1,
    }
    assert marks_of(enrolment_id=learner.enrolment_id) == (entered,)


@pytest.mark.django_db
@pytest.mark.parametrize(("score", "passed"), [(0, False), (59, False), (60, True), (100, True)])
def test_the_pass_mark_is_the_curriculums(score: int, passed: bool) -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)

    assert mark(cast, exam_of(cast, run.class_run_id), learner.enrolment_id, score).passed is passed


@pytest.mark.django_db
@pytest.mark.parametrize("score", [-1, 101, 60.0, 59.5, "60", True, 10**9])
def test_a_mark_is_a_whole_number_from_0_to_100(score: object) -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    with pytest.raises(UnableToMark) as refused:
        mark(cast, exam, learner.enrolment_id, score)

    assert refused.value.codes == ("mark_out_of_range",)
    assert Mark.objects.count() == 0


@pytest.mark.django_db
def test_whoever_teaches_the_class_is_refused_with_the_rule_named() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    with pytest.raises(UnableToSchedule) as scheduled:
        exam_of(cast, run.class_run_id, assessor_id=cast.trainer_id, unit_key=PRACTICE_EXAM)
    with pytest.raises(UnableToMark) as entered:
        mark(cast, exam, learner.enrolment_id, 90, assessor_id=cast.trainer_id)

    assert scheduled.value.codes == entered.value.codes == ("teaches_and_assesses",)
    assert explain(entered.value.refusals[0]).rule == "考培分离"
    assert Mark.objects.count() == 0


@pytest.mark.django_db
def test_only_the_exams_own_assessor_enters_marks() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    for actor in (cast.provider_admin_id, cast.hr_id, cast.officer_id, cast.base_staff_id, learner.learner_id):
        with pytest.raises(NotYours):
            mark(cast, exam, learner.enrolment_id, 90, assessor_id=actor)
    with pytest.raises(NotYours):
        mark(cast, exam, learner.enrolment_id, 90, exam_id=10**9)
    with pytest.raises(UnableToSchedule) as stranger:
        exam_of(cast, run.class_run_id, assessor_id=cast.stranger_id)

    assert stranger.value.codes == ("not_a_filed_assessor",)
    assert Mark.objects.count() == 0


@pytest.mark.django_db
def test_an_assessor_whose_role_has_ended_enters_nothing() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)
    end_role(
        person_id=cast.assessor_id,
        organisation_id=cast.provider_id,
        role=Role.ASSESSOR,
        to_on=EXAM_DAY,
        actor_id=None,
        now=FILED_AT,
    )

    with pytest.raises(UnableToMark) as refused:
        mark(cast, exam, learner.enrolment_id, 90)

    assert refused.value.codes == ("not_an_assessor",)


@pytest.mark.django_db
def test_a_sealed_mark_changes_only_by_a_new_version_with_its_reason() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)
    first = mark(cast, exam, learner.enrolment_id, 56)

    same = mark(cast, exam, learner.enrolment_id, 56, now=NOW + timedelta(minutes=1))
    with pytest.raises(UnableToMark) as silent:
        mark(cast, exam, learner.enrolment_id, 65)
    second = mark(cast, exam, learner.enrolment_id, 65, reason="第 3 题漏加 9 分")

    assert same == first
    assert silent.value.codes == ("reason_missing",)
    assert (second.version, second.passed, second.reason) == (2, True, "第 3 题漏加 9 分")
    assert mark_history(exam_id=exam.exam_id, enrolment_id=learner.enrolment_id) == (first, second)
    assert marks_of(enrolment_id=learner.enrolment_id) == (second,)
    assert second.evidence_id is not None
    assert get_evidence(evidence_id=second.evidence_id).payload["version"] == 2


@pytest.mark.django_db
def test_a_resit_counts_its_versions_on() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)
    mark(cast, exam, learner.enrolment_id, 40)
    resit = exam_of(cast, run.class_run_id, held_on=EXAM_DAY + timedelta(days=3))

    again = mark(cast, resit, learner.enrolment_id, 72, reason="补考", now=NOW + timedelta(days=3))

    assert (again.version, again.exam_id) == (2, resit.exam_id)
    assert exams_for(class_run_id=run.class_run_id) == (resit, exam)
    assert exams_for(assessor_id=cast.assessor_id) == (resit, exam)
    assert exams_for(assessor_id=cast.trainer_id) == exams_for() == ()


@pytest.mark.django_db
def test_absent_people_get_no_evidence_and_may_be_marked_later() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    absent = mark(cast, exam, learner.enrolment_id, None)
    later = mark(cast, exam, learner.enrolment_id, 70, reason="补考")

    assert (absent.absent, absent.passed, absent.evidence_id) == (True, False, None)
    assert (later.version, later.passed) == (2, True)


@pytest.mark.django_db
def test_marks_are_for_people_on_the_roster_from_the_day_of_the_exam() -> None:
    cast = make_cast()
    plan = make_curriculum(cast)
    run, (learner, leaver) = make_filed_class(cast, names=("李秀兰", "赵鹏"), curriculum=plan)
    _other, (elsewhere,) = make_filed_class(cast, names=("何伟",), curriculum=plan)
    exam = exam_of(cast, run.class_run_id)
    drop(enrolment_id=leaver.enrolment_id, actor_id=cast.hr_id, reason="离职", now=at(FIRST_DAY))

    refusals = {}
    for name, enrolment_id, now in (
        ("early", learner.enrolment_id, at(EXAM_DAY - timedelta(days=1), 23, 59)),
        ("left", leaver.enrolment_id, NOW),
        ("elsewhere", elsewhere.enrolment_id, NOW),
        ("forged", 10**9, NOW),
    ):
        with pytest.raises(UnableToMark) as refused:
            mark(cast, exam, enrolment_id, 80, now=now)
        refusals[name] = refused.value.codes

    assert refusals == {
        "early": ("exam_not_yet",),
        "left": ("not_a_candidate",),
        "elsewhere": ("not_a_candidate",),
        "forged": ("not_a_candidate",),
    }
    assert [one.enrolment_id for one in candidates_of(exam_id=exam.exam_id)] == [learner.enrolment_id]


@pytest.mark.django_db
def test_all_marks_of_a_list_are_sealed_or_none() -> None:
    cast = make_cast()
    run, (first, second) = make_filed_class(cast, names=("李秀兰", "赵鹏"))
    exam = exam_of(cast, run.class_run_id)

    with pytest.raises(UnableToMark) as undeclared:
        enter_marks(
            exam_id=exam.exam_id,
            scores={first.enrolment_id: 80},
            assessor_id=cast.assessor_id,
            declared=False,
            now=NOW,
        )
    with pytest.raises(UnableToMark) as one_bad:
        enter_marks(
            exam_id=exam.exam_id,
            scores={first.enrolment_id: 80, second.enrolment_id: 120},
            assessor_id=cast.assessor_id,
            declared=True,
            now=NOW,
        )
    assert (undeclared.value.codes, one_bad.value.codes) == (("not_declared",), ("mark_out_of_range",))
    assert Mark.objects.count() == 0

    entered = enter_marks(
        exam_id=exam.exam_id,
        scores={first.enrolment_id: 80, second.enrolment_id: None},
        assessor_id=cast.assessor_id,
        declared=True,
        now=NOW,
    )
    assert [(one.score, one.absent) for one in entered] == [(80, False), (None, True)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unit_key": PRACTICE_UNIT}, "not_an_exam_unit"),
        ({"unit_key": "nothing"}, "unknown_unit"),
        ({"held_on": FIRST_DAY - timedelta(days=1)}, "exam_before_class"),
    ],
)
def test_bad_exams_are_refused_by_name(changes: dict[str, object], code: str) -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)

    with pytest.raises(UnableToSchedule) as refused:
        exam_of(cast, run.class_run_id, **changes)

    assert refused.value.codes == (code,)
    assert Exam.objects.count() == 0


@pytest.mark.django_db
def test_an_exam_is_scheduled_once_and_by_the_arrangers_only() -> None:
    cast = make_cast()
    run, _learners = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    with pytest.raises(UnableToSchedule) as twice:
        exam_of(cast, run.class_run_id)
    for actor in (cast.assessor_id, cast.trainer_id, cast.officer_id, cast.other_hr_id):
        with pytest.raises(NotYours):
            exam_of(cast, run.class_run_id, actor_id=actor, held_on=date(2026, 4, 25))

    assert twice.value.codes == ("exam_exists",)
    assert get_exam(exam_id=exam.exam_id) == exam
    assert Exam.objects.count() == 1


@pytest.mark.django_db
def test_an_unfiled_class_has_no_results() -> None:
    cast = make_cast()
    run = make_class_run(cast)

    (learner,) = add_learners(cast, run.class_run_id)
    exam = exam_of(cast, run.class_run_id)

    with pytest.raises(UnableToMark) as refused:
        mark(cast, exam, learner.enrolment_id, 80)

    assert refused.value.codes == ("class_not_filed",)


@pytest.mark.django_db
def test_sealed_marks_can_not_be_changed() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    mark(cast, exam_of(cast, run.class_run_id), learner.enrolment_id, 56)

    for statement in ("UPDATE assessment_mark SET score = 99", "DELETE FROM assessment_mark"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Mark.objects.get().score == 56


@pytest.mark.django_db(transaction=True)
def test_the_same_mark_sent_twice_at_once_is_one_mark() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)

    results = at_once(*[lambda: mark(cast, exam, learner.enrolment_id, 80)] * 4)

    assert len(set(results)) == 1
    assert Mark.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_become_two_versions() -> None:
    cast = make_cast()
    run, (learner,) = make_filed_class(cast)
    exam = exam_of(cast, run.class_run_id)
    mark(cast, exam, learner.enrolment_id, 50)

    at_once(
        lambda: mark(cast, exam, learner.enrolment_id, 70, reason="复核一"),
        lambda: mark(cast, exam, learner.enrolment_id, 75, reason="复核二"),
    )

    assert sorted(Mark.objects.values_list("version", flat=True)) == [1, 2, 3]
