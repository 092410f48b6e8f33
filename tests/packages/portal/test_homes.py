"""The start page of each role shows what its data says, and nothing of other people's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from lms.accounts.data import OrganisationKind
from lms.accounts.models import Organisation
from lms.assessment.api import schedule_exam
from lms.claims import api as claims
from lms.claims.models import ClaimBatch
from lms.enrolment.models import ClassRun
from lms.lib.localday import local_day
from tests.factories.classes import FILED_AT, LAST_DAY, THEORY_EXAM
from tests.factories.learning import LATER
from tests.packages.portal.conftest import House, signed_in, words_of


def test_a_learner_sees_the_hours_the_gap_and_the_way_on(house: House) -> None:
    page = words_of(signed_in(house.learning.learner_id), "/home/")
    assert "赵鹏，" in page
    assert "电工(四级)2026 春季 1 班" in page
    assert "2026年4月24日 结班" in page
    assert "直播课 3.3 / 4 学时" in page
    assert "线下实训 0 / 4 学时" in page
    assert "结业还差 3 项" in page
    assert "还差：直播课 30 分钟、线下实训 180 分钟、理论考核、实操考核" in page
    assert "李秀兰" not in page


def test_a_graduate_is_led_to_the_certificate_and_the_decision(house: House) -> None:
    page = words_of(signed_in(house.finished.learner_id), "/home/")
    assert "已结业" in page
    assert "查看证书" in page
    assert "补贴：查看认定结果" in page
    assert "还差" not in page


def test_a_learner_without_a_class_is_shown_the_way_to_one(house: House) -> None:
    page = words_of(signed_in(house.cast.stranger_id), "/home/")
    assert "找课程" in page
    assert "电工" not in page


def test_the_provider_sees_what_it_may_claim_and_who_still_lacks_what(house: House) -> None:
    number = ClaimBatch.objects.get().number
    page = words_of(signed_in(house.cast.provider_admin_id), "/home/")
    assert "可申领 195.00 元" in page
    assert "审核中 0.00 元" in page
    assert f"{number} · 195.00 元" in page
    assert "核对并提交" in page
    assert "李秀兰 4 /4 4 /4 已结业" in page
    assert "赵鹏 3.3 /4 0 /4 还差：直播课 30 分钟、线下实训 180 分钟、理论考核、实操考核" in page


def test_a_firm_sees_its_own_people_but_not_the_money_of_the_provider(house: House) -> None:
    page = words_of(signed_in(house.cast.hr_id), "/home/")
    assert "李秀兰" in page
    assert "赵鹏" in page
    assert "可申领 0.00 元" in page
    assert "SL-2026" not in page


@pytest.mark.parametrize("who", ["other_hr_id", "base_staff_id", "stranger_id"])
def test_nobody_else_sees_these_people(house: House, who: str) -> None:
    page = words_of(signed_in(getattr(house.cast, who)), "/home/")
    assert "李秀兰" not in page
    assert "赵鹏" not in page


def test_an_officer_sees_the_claim_once_it_is_submitted(house: House) -> None:
    number = ClaimBatch.objects.get().number
    officer = signed_in(house.cast.officer_id)
    assert number not in words_of(officer, "/home/")
    claims.submit(number=number, actor_id=house.cast.provider_admin_id, now=LATER)
    page = words_of(officer, "/home/")
    assert "待审申领 1 195.00 元" in page
    assert f"{number} · 195.00 元" in page
    assert "1 人" in page


def test_an_officer_sees_the_classes_that_run_in_the_own_district_and_no_others(house: House) -> None:
    today = local_day(timezone.now())
    ClassRun.objects.update(starts_on=today - timedelta(days=3), ends_on=today + timedelta(days=30))
    officer = signed_in(house.cast.officer_id)
    assert house.run.title in words_of(officer, "/home/")
    Organisation.objects.filter(kind=OrganisationKind.AUTHORITY).update(district="310101")
    assert house.run.title not in words_of(officer, "/home/")


def test_an_assessor_sees_how_many_marks_are_missing(house: House) -> None:
    schedule_exam(
        class_run_id=house.run.class_run_id,
        unit_key=THEORY_EXAM,
        held_on=LAST_DAY,
        assessor_id=house.cast.assessor_id,
        actor_id=house.cast.provider_admin_id,
        now=FILED_AT,
    )
    page = words_of(signed_in(house.cast.assessor_id), "/home/")
    assert "待评考核" in page
    assert "2026年4月24日 · 电工(四级)2026 春季 1 班 2 人未评" in page


def test_every_desk_says_what_is_done_in_each_room(house: House) -> None:
    page = words_of(signed_in(house.cast.trainer_id), "/home/")
    for words in ("上传课程视频和字幕", "编写、预览并发布课程", "排课、签到码、带教签核"):
        assert words in page
    assert "逐条审核" not in page


@pytest.mark.django_db
def test_who_is_not_signed_in_is_asked_to() -> None:
    answer = Client().get("/home/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
