from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from courses.models import CoursePage
from tests.packages.courses.conftest import Member

pytestmark = pytest.mark.django_db


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append(" ".join(data.split()))


def words(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, **headers)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content[:500]
    body = answer.content.decode()
    assert "<script>" not in body
    assert " style=" not in body
    reader = _Words()
    reader.feed(body)
    return " ".join(reader.text)


def test_a_visitor_finds_a_course_and_reads_who_pays(create: Callable[..., int]) -> None:
    create(slug="low-voltage")
    visitor = Client()

    listed = words(visitor, "/courses/?q=排故")
    assert "找到 1 门课程" in listed
    for text in (
        "低压电工（四级）技能提升",
        "上海明德职业培训学校",
        "线上 1",
        "直播 2",
        "实训 4",
        "企业付费或个人付费",
    ):
        assert text in listed

    course = words(visitor, "/courses/low-voltage/")
    for text in (
        "低压电工（四级）技能提升", "上海明德职业培训学校 · 中小企业在岗电工", "会做触电急救", "学时（每学时 45 分钟）",
        "1. 触电急救", "视频课 · 45 分钟 · 请先学这一节", "2. 事故案例答疑", "直播课 · 90 分钟", "基地实训 · 180 分钟",
        "4. 理论考核", "满分 100，60 分合格", "企业付费", "个人付费后申领", "现在没有可以报名的班级",
    ):  # fmt: skip
        assert text in course, text


def test_both_languages_are_complete(create: Callable[..., int]) -> None:
    create(slug="low-voltage")
    english = Client(headers={"Accept-Language": "en"})
    listed = words(english, "/courses/?q=排故")
    assert "1 course found" in listed
    assert "Online 1" in listed
    assert "Live lessons 2" in listed
    assert "Electrical work" in listed
    assert "What you learn" in words(english, "/courses/low-voltage/")


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "长" * 500,
        "level=9",
        "level=abc",
        "mode=mentoring",
        "mode=%ff",
        "pays=nobody",
        "occupation='%22",
        "page=-1",
        "page=abc",
        "page=99999999999999999999",
        "unknown=1",
        "q=%25_%5C&level=4&mode=live&pays=firm&subject=electrical&occupation=6-31-01-03",
    ],
)
def test_no_query_breaks_the_catalogue(create: Callable[..., int], query: str) -> None:
    create(slug="low-voltage")
    words(Client(), f"/courses/?{query}")


@pytest.mark.parametrize("query", ["q=%00", "subject=%00x"])
def test_a_character_that_cannot_be_stored_is_refused_before_it_is_searched(
    create: Callable[..., int], query: str
) -> None:
    create(slug="low-voltage")
    assert Client().get(f"/courses/?{query}").status_code == 400


def test_the_catalogue_has_pages(create: Callable[..., int]) -> None:
    for number in range(13):
        create(slug=f"course-{number}-x", title=f"电工第{number}班")
    first = words(Client(), "/courses/")
    assert "电工第12班" in first
    assert "电工第0班" not in first
    assert "电工第0班" in words(Client(), "/courses/?page=2")


def test_an_empty_catalogue_says_so(db: None) -> None:
    assert "还没有发布课程" in words(Client(), "/courses/")
    assert "没有符合的课程" in words(Client(), "/courses/?q=不存在")


def test_drafts_and_unpublished_courses_are_not_there(create: Callable[..., int]) -> None:
    create(slug="draft", publish=False)
    CoursePage.objects.get(pk=create(slug="gone")).unpublish()
    for slug in ("draft", "gone", "never"):
        assert Client().get(f"/courses/{slug}/").status_code == 404
    assert "还没有发布课程" in words(Client(), "/courses/")


def class_runs_for_tests(page: CoursePage, _request: Any) -> dict[str, Any]:
    return {"class_runs": [{"title": f"{page.title} 一班", "note": "12 月 1 日开班", "href": "/x/", "action": "报名"}]}


def test_packages_above_hang_their_class_runs_in(create: Callable[..., int], settings: Any) -> None:
    create(slug="low-voltage")
    settings.COURSE_PAGE_CLASS_RUNS = ""
    settings.COURSE_PAGE_CONTEXT = [f"{__name__}.class_runs_for_tests"]
    course = words(Client(), "/courses/low-voltage/")
    assert "低压电工（四级）技能提升 一班" in course
    assert "现在没有可以报名的班级" not in course


def test_a_template_of_a_package_above_can_show_the_class_runs(create: Callable[..., int], settings: Any) -> None:
    create(slug="low-voltage")
    settings.COURSE_PAGE_CLASS_RUNS = "parts/skeleton.html"
    assert "现在没有可以报名的班级" not in words(Client(), "/courses/low-voltage/")


def test_hot_pages_ask_the_database_little(
    create: Callable[..., int], video: Callable[..., UUID], django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        create(slug=f"course-{number}-x")
    Client().get("/courses/")  # sites and content types are known now
    with django_assert_max_num_queries(14):
        Client().get("/courses/?q=电工")
    with django_assert_max_num_queries(14):
        Client().get("/courses/course-1-x/")


def test_visitors_pages_carry_nothing_of_the_visitor(create: Callable[..., int], trainer: Member) -> None:
    create(slug="low-voltage")
    for address in ("/courses/", "/courses/low-voltage/"):
        one, other = Client().get(address), Client().get(address)
        assert one.content == other.content
        assert not one.cookies
        assert "csrf-token" not in one.content.decode()
        assert "csrf-token" in trainer.client.get(address).content.decode()
