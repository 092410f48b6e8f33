"""Class, statement and outlook: what they show, and to whom."""

from __future__ import annotations

import pytest

from tests.packages.portal.conftest import House, signed_in, words_of

PAGES = ("/home/classes/{}/", "/home/subsidy/{}/", "/statement/{}/")


@pytest.mark.parametrize("pattern", PAGES)
def test_the_learner_may_and_another_learner_may_not(house: House, pattern: str) -> None:
    path = pattern.format(house.learning.enrolment_id)
    assert signed_in(house.learning.learner_id).get(path).status_code == 200
    assert signed_in(house.finished.learner_id).get(path).status_code == 404
    assert signed_in(house.cast.stranger_id).get(path).status_code == 404
    assert signed_in(house.learning.learner_id).get(pattern.format(999_999)).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("provider_admin_id", 200),
        ("trainer_id", 200),
        ("hr_id", 200),
        ("officer_id", 200),
        ("other_hr_id", 404),
        ("base_staff_id", 200),
    ],
)
def test_the_statement_is_for_those_behind_the_class_too(house: House, who: str, status: int) -> None:
    answer = signed_in(getattr(house.cast, who)).get(f"/statement/{house.learning.enrolment_id}/")
    assert answer.status_code == status


@pytest.mark.parametrize("who", ["provider_admin_id", "hr_id", "officer_id"])
def test_class_and_outlook_are_the_learners_alone(house: House, who: str) -> None:
    client = signed_in(getattr(house.cast, who))
    for pattern in PAGES[:2]:
        assert client.get(pattern.format(house.learning.enrolment_id)).status_code == 404


def test_the_class_page_shows_each_unit_with_what_is_left(house: House) -> None:
    page = words_of(signed_in(house.learning.learner_id), f"/home/classes/{house.learning.enrolment_id}/")
    assert "1. 安全用电 直播课 · 还剩 30 分钟 3.3 /4 学时" in page
    assert "2. 低压线路安装与排故 线下实训 · 还剩 180 分钟 0 /4 学时" in page
    assert "3. 理论考核 考核 · 合格线 60 分 55 分" in page
    assert "4. 实操考核 考核 · 合格线 60 分 未评分" in page


def test_the_outlook_puts_the_missing_first_with_what_to_do(house: House) -> None:
    page = words_of(signed_in(house.learning.learner_id), f"/home/subsidy/{house.learning.enrolment_id}/")
    assert page.index("还差") < page.index("已满足")
    assert "请先完成全部学习和考核取得结业记录" in page
    assert "学习 已结业 申领 到账" in page
    assert "参考政策集" in page
