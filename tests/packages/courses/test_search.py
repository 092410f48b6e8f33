from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from courses import api
from courses.catalogue import CourseQuery, matching_pages
from courses.data import UnitMode, WhoPays
from courses.models import CoursePage

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_courses(create: Callable[..., int]) -> tuple[int, int]:
    electrician = create(slug="electrician")
    carer = create(
        slug="carer",
        title="养老护理员带教津贴班（五级）",
        intro="面向护理机构的Care PLC2026课程，含100%实操。",
        outcomes=(),
        audience="",
        subject="",
        occupation="",
        level=5,
        who_pays=(WhoPays.PERSON,),
    )
    return electrician, carer


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("护理", "carer"),
        ("老护", "carer"),
        ("教津", "carer"),
        ("津", "carer"),
        ("带教津贴", "carer"),
        ("养老护理员带教津贴班", "carer"),
        ("lc20", "carer"),
        ("ｐｌｃ", "carer"),
        ("100%", "carer"),
        ("care 津贴", "carer"),
        ("五级", "carer"),
        ("电工", "electrician"),
        ("排故", "both"),
        ("6-31-01-03", "electrician"),
        ("在岗", "electrician"),
        ("明德", "both"),
        ("急救 排故", "both"),
        ("护电", "none"),
        ("护员", "none"),
        ("%", "carer"),
        ("_", "none"),
        ("津贴 电工", "none"),
        ("", "both"),
        ("   ", "both"),
        ("' OR 1=1 --", "none"),
    ],
)
def test_a_chinese_word_is_found_wherever_it_stands(two_courses: tuple[int, int], text: str, found: str) -> None:
    electrician, carer = two_courses
    wanted = {"carer": {carer}, "electrician": {electrician}, "both": {carer, electrician}, "none": set()}[found]
    assert {card.course_id for card in api.find_courses(text=text)} == wanted


@pytest.mark.parametrize("text", ["津", "护理", "带教津贴", "plc2026"])
def test_the_trigram_index_serves_words_of_any_length(two_courses: tuple[int, int], text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        plan = CoursePage.objects.filter(search_text__contains=matching_needle(text)).values("pk").explain()
    assert "course_search_trigrams" in plan


def matching_needle(text: str) -> str:
    from courses.rules import search_needles

    return search_needles(text)[0]


def test_filters_narrow_the_catalogue(two_courses: tuple[int, int]) -> None:
    electrician, carer = two_courses

    def ids(**wish: Any) -> set[int]:
        return {card.course_id for card in api.find_courses(**wish)}

    assert ids(level=5) == {carer}
    assert ids(occupation="6-31-01-03") == {electrician}
    assert ids(subject="electrical") == {electrician}
    assert ids(who_pays=WhoPays.FIRM) == {electrician}
    assert ids(who_pays=WhoPays.PERSON) == {electrician, carer}
    assert ids(mode=UnitMode.LIVE) == {electrician, carer}
    assert ids(mode=UnitMode.LIVE, level=5) == {carer}
    assert ids(limit=1) == {carer}


def test_a_card_tells_hours_by_mode(two_courses: tuple[int, int], trainer: Any) -> None:
    card = next(card for card in api.find_courses() if card.course_id == two_courses[0])
    assert (card.title, card.url, card.provider_id) == (
        "低压电工（四级）技能提升",
        "/courses/electrician/",
        trainer.organisation_id,
    )
    assert (card.video_seconds, card.live_seconds, card.practice_seconds, card.total_seconds) == (
        2700,
        5400,
        10800,
        18900,
    )
    assert (card.subject, card.occupation_name, card.level) == ("电气", "电工", 4)
    assert card.who_pays == (WhoPays.FIRM, WhoPays.PERSON)
    assert card.curriculum_id == api.latest_curriculum(course_id=card.course_id).curriculum_id


def test_an_unpublished_course_leaves_the_catalogue_but_not_the_archive(two_courses: tuple[int, int]) -> None:
    electrician, carer = two_courses
    CoursePage.objects.get(pk=carer).unpublish()
    assert {card.course_id for card in api.find_courses()} == {electrician}
    assert api.latest_curriculum(course_id=carer).number == 1


def test_the_catalogue_needs_one_query(two_courses: tuple[int, int], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert len(list(matching_pages(CourseQuery(text="排故")))) == 2
