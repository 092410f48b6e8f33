from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lms.assessment.api import marks_of, schedule_exam
from lms.assessment.data import ExamFacts
from lms.assessment.models import Exam, Mark
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from lms.lib.localday import local_day
from tests.factories.classes import THEORY_EXAM, Cast, at, make_cast, make_filed_class

pytestmark = pytest.mark.django_db
Scene = tuple[Cast, ClassRunFacts, tuple[EnrolmentFacts, ...], ExamFacts]


@pytest.fixture
def scene() -> Scene:
    """A running class with two people whose theory exam is today."""
    today = local_day(timezone.now())
    filed = at(today - timedelta(days=3))
    cast = make_cast(now=filed)
    run, learners = make_filed_class(
        cast,
        names=("李秀兰", "赵鹏"),
        now=filed,
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=30),
        agreement_on=today - timedelta(days=10),
    )
    exam = schedule_exam(
        class_run_id=run.class_run_id,
        unit_key=THEORY_EXAM,
        held_on=today,
        assessor_id=cast.assessor_id,
        actor_id=cast.provider_admin_id,
        now=filed,
    )
    return cast, run, learners, exam


def signed_in(person_id: int) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(get_user_model().objects.get(pk=person_id))
    return client


def test_the_assessor_types_looks_and_seals(scene: Scene) -> None:
    cast, _run, (first, second), exam = scene
    client = signed_in(cast.assessor_id)
    address = reverse("assessment:exam", args=[exam.exam_id])
    typed = {f"score-{first.enrolment_id}": "86", f"absent-{second.enrolment_id}": "absent"}

    listed = client.get(reverse("assessment:mine"))
    looked = client.post(address, typed)
    assert Mark.objects.count() == 0
    undeclared = client.post(address, {**typed, "seal": "yes"})
    assert (undeclared.status_code, Mark.objects.count()) == (400, 0)
    sealed = client.post(address, {**typed, "seal": "yes", "declared": "yes"})

    assert exam.title in listed.content.decode()
    assert (looked.status_code, looked.context["look"]) == (200, True)
    assert sealed.status_code == 302
    assert [mark.score for mark in marks_of(enrolment_id=first.enrolment_id)] == [86]
    assert [mark.absent for mark in marks_of(enrolment_id=second.enrolment_id)] == [True]


@pytest.mark.parametrize("text", ["101", "-1", "59.5", "６０", "abc", "1e2", "100000000", "' OR 1=1"])
def test_marks_that_are_no_whole_numbers_are_shown_with_what_to_do(scene: Scene, text: str) -> None:
    cast, _run, (first, _second), exam = scene
    client = signed_in(cast.assessor_id)
    values = {f"score-{first.enrolment_id}": text, "seal": "yes", "declared": "yes"}

    answer = client.post(reverse("assessment:exam", args=[exam.exam_id]), values)

    assert answer.status_code == 400
    assert "whole number" in answer.content.decode()
    assert Mark.objects.count() == 0


def test_an_empty_sheet_and_forged_people_change_nothing(scene: Scene) -> None:
    cast, _run, _learners, exam = scene
    client = signed_in(cast.assessor_id)
    address = reverse("assessment:exam", args=[exam.exam_id])

    for values in ({}, {"seal": "yes", "declared": "yes"}, {"score-99999999": "90", "seal": "yes", "declared": "yes"}):
        assert client.post(address, values).status_code == 400
    assert Mark.objects.count() == 0


def test_who_may_see_and_who_may_mark(scene: Scene) -> None:
    cast, _run, (first, _second), exam = scene
    address = reverse("assessment:exam", args=[exam.exam_id])
    values = {f"score-{first.enrolment_id}": "90", "seal": "yes", "declared": "yes"}
    expected = {
        cast.assessor_id: 200,
        cast.provider_admin_id: 200,
        cast.officer_id: 200,
        cast.trainer_id: 404,
        cast.hr_id: 404,
        cast.other_hr_id: 404,
        cast.base_staff_id: 404,
        cast.stranger_id: 404,
        first.learner_id: 404,
    }

    assert {person: signed_in(person).get(address).status_code for person in expected} == expected
    for person in expected:
        if person != cast.assessor_id:
            assert signed_in(person).post(address, values).status_code == 404
    assert Mark.objects.count() == 0
    assert signed_in(cast.assessor_id).get(reverse("assessment:exam", args=[10**9])).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_provider_plans_exams_and_nobody_else(scene: Scene) -> None:
    cast, run, _learners, exam = scene
    address = reverse("assessment:schedule", args=[run.class_run_id])
    values = {
        "unit_key": THEORY_EXAM,
        "assessor_id": str(cast.assessor_id),
        "held_on": (exam.held_on + timedelta(days=2)).isoformat(),
        "place": "",
    }
    provider = signed_in(cast.provider_admin_id)

    assert provider.post(address, {**values, "held_on": exam.held_on.isoformat()}).status_code == 400
    assert provider.post(address, {**values, "assessor_id": str(cast.trainer_id)}).status_code == 400
    assert provider.post(address, {**values, "held_on": "yesterday"}).status_code == 400
    assert provider.post(address, values).status_code == 302
    assert Exam.objects.count() == 2
    for person in (cast.assessor_id, cast.trainer_id, cast.officer_id, cast.other_hr_id, cast.stranger_id):
        assert signed_in(person).get(address).status_code == 404
        assert signed_in(person).post(address, values).status_code == 404
