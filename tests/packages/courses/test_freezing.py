from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from courses import api
from courses.data import (
    CourseNotFound,
    CourseNotPublishable,
    CurriculumNotFound,
    ExamKind,
    OccupationKind,
    UnitCategory,
    UnitDraft,
    UnitMode,
    UnitNotFound,
)
from courses.models import CoursePage, CurriculumVersion
from courses.rules import curriculum_digest
from lms.db.api import RowIsImmutable
from tests.packages.courses.conftest import Member, page_of, units

pytestmark = pytest.mark.django_db


def test_publishing_freezes_what_is_taught(create: Callable[..., int], trainer: Member) -> None:
    now = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    course_id = create(slug="low-voltage", now=now)

    frozen = api.latest_curriculum(course_id=course_id)

    assert (frozen.course_id, frozen.number, frozen.title) == (course_id, 1, "低压电工（四级）技能提升")
    assert (frozen.occupation_code, frozen.occupation_name) == ("6-31-01-03", "电工")
    assert (frozen.occupation_kind, frozen.level) == (OccupationKind.SKILL, 4)
    assert frozen.course_url == "/courses/low-voltage/"
    assert frozen.frozen_at == now
    media_id = frozen.units[0].media_id
    rows = [(u.unit_key, u.mode, u.category, u.position, u.duration_seconds, u.required_seconds) for u in frozen.units]
    assert rows == [
        ("u-video", UnitMode.VIDEO, UnitCategory.SAFETY, 1, 2700, 2700),
        ("u-live", UnitMode.LIVE, UnitCategory.THEORY, 2, 5400, 5400),
        ("u-practice", UnitMode.PRACTICE, UnitCategory.PRACTICE, 3, 10800, 10800),
        ("u-exam", UnitMode.ASSESSMENT, UnitCategory.THEORY, 4, 0, 0),
    ]
    assert (frozen.units[3].exam_kind, frozen.units[3].pass_mark, media_id is not None) == (ExamKind.THEORY, 60, True)
    assert [frozen.seconds(mode) for mode in UnitMode] == [2700, 5400, 10800, 0, 0]
    assert frozen.unit("u-live").title == "事故案例答疑"
    with pytest.raises(UnitNotFound):
        frozen.unit("u-none")
    assert api.get_curriculum(curriculum_id=frozen.curriculum_id) == frozen
    assert frozen.digest == curriculum_digest(
        title=frozen.title,
        occupation_code=frozen.occupation_code,
        occupation_name=frozen.occupation_name,
        occupation_kind=frozen.occupation_kind.value,
        level=frozen.level,
        units=frozen.units,
    )


def test_the_same_content_makes_no_new_version_and_changed_content_does(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage")
    first = api.latest_curriculum(course_id=course_id)

    assert api.publish_course(course_id=course_id, now=timezone.now()) == first
    page = page_of(course_id)
    page.intro = "换一句介绍，不改变教学内容。"
    page.save_revision().publish()
    assert api.latest_curriculum(course_id=course_id) == first

    page = page_of(course_id)
    page.units[1].value["minutes"] = 135
    page.save_revision().publish()
    second = api.latest_curriculum(course_id=course_id)
    assert (second.number, second.unit("u-live").required_seconds) == (2, 8100)
    assert second.digest != first.digest
    assert api.get_curriculum(curriculum_id=first.curriculum_id) == first
    assert CurriculumVersion.objects.count() == 2


def test_going_back_to_old_content_is_a_third_version_with_the_first_digest(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage")
    for minutes in (135, 90):
        page = page_of(course_id)
        page.units[1].value["minutes"] = minutes
        page.save_revision().publish()

    rows = list(CurriculumVersion.objects.order_by("number").values_list("number", "digest"))
    assert [number for number, _digest in rows] == [1, 2, 3]
    assert rows[0][1] == rows[2][1] != rows[1][1]


def test_a_draft_freezes_nothing(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage", publish=False)

    assert CurriculumVersion.objects.count() == 0
    with pytest.raises(CourseNotFound):
        api.latest_curriculum(course_id=course_id)
    with pytest.raises(CurriculumNotFound):
        api.get_curriculum(curriculum_id=1)
    assert api.find_courses() == []


def test_create_course_again_changes_the_same_course(create: Callable[..., int], video: Callable[..., UUID]) -> None:
    media_id = video()
    first = create(slug="low-voltage", units=units(media_id))
    again = create(slug="low-voltage", units=units(media_id))
    changed = create(slug="low-voltage", units=units(media_id)[:3], title="低压电工")

    assert first == again == changed
    assert CoursePage.objects.count() == 1
    assert sorted(CurriculumVersion.objects.values_list("number", flat=True)) == [1, 2]


def _without_hours(media_id: UUID) -> tuple[UnitDraft, ...]:
    return units(media_id)[3:]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("no unit", "课程还没有单元"),
        ("only an exam", "课程只有考核"),
        ("no video", "第 1 单元“触电急救”没有视频"),
        ("packaging", "第 1 单元“触电急救”的视频还没有准备好"),
        ("uploading", "第 1 单元“触电急救”的视频还没有准备好"),
        ("failed", "第 1 单元“触电急救”的视频没有转码成功"),
        ("foreign", "第 1 单元“触电急救”的视频属于别的培训机构"),
        ("twice", "第 5 单元“再看一遍”用了前面单元用过的视频"),
        ("no length", "第 2 单元“事故案例答疑”没有时长"),
        ("no intro", "请写一段课程介绍"),
        ("nobody pays", "请说明谁可以付费"),
    ],
)
def test_a_course_that_is_not_whole_cannot_be_published(
    create: Callable[..., int], video: Callable[..., UUID], other_school: int, change: str, words: str
) -> None:
    states = {"packaging", "uploading", "failed"}
    owner = other_school if change == "foreign" else None
    media_id = video(state=change if change in states else "ready", organisation_id=owner)
    good = units(media_id)
    by_change: dict[str, dict[str, Any]] = {
        "no unit": {"units": ()},
        "only an exam": {"units": good[3:]},
        "no video": {"units": (replace(good[0], media_id=None), *good[1:])},
        "twice": {"units": (*good, replace(good[0], unit_key="u-5", title="再看一遍"))},
        "no length": {"units": (good[0], replace(good[1], minutes=0), *good[2:])},
        "no intro": {"intro": "  ", "units": good},
        "nobody pays": {"who_pays": (), "units": good},
    }
    fields = by_change.get(change, {"units": good})

    with pytest.raises(CourseNotPublishable) as refusal:
        create(slug="low-voltage", **fields)

    assert any(words in reason for reason in refusal.value.reasons), refusal.value.reasons
    assert CoursePage.objects.count() == 0  # and nothing else changed
    assert CurriculumVersion.objects.count() == 0

    # as a draft it may stand, and no other way of publishing is open
    course_id = create(slug="low-voltage", publish=False, **fields)
    page = page_of(course_id)
    with pytest.raises(ValidationError) as wagtail_refusal, transaction.atomic():
        page.get_latest_revision().publish()
    assert any(words in message for message in wagtail_refusal.value.messages)
    assert not page_of(course_id).live
    assert CurriculumVersion.objects.count() == 0


def test_publishing_a_course_that_does_not_exist(db: None) -> None:
    with pytest.raises(CourseNotFound):
        api.publish_course(course_id=1, now=timezone.now())


def test_a_frozen_curriculum_cannot_be_changed_by_code_or_by_sql(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage")
    row = CurriculumVersion.objects.get(course_id=course_id)
    row.title = "别的"
    with pytest.raises(RowIsImmutable):
        row.save()
    with pytest.raises(RowIsImmutable):
        row.delete()
    for statement in ("UPDATE courses_curriculumversion SET title = 'x'", "DELETE FROM courses_curriculumversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert CurriculumVersion.objects.get().title == "低压电工（四级）技能提升"


def test_get_curricula_reads_many_with_one_query(create: Callable[..., int], django_assert_num_queries: Any) -> None:
    ids = [api.latest_curriculum(course_id=create()).curriculum_id for _number in range(3)]
    with django_assert_num_queries(1):
        found = api.get_curricula(curriculum_ids=[*ids, 999_999])
    assert set(found) == set(ids)


@pytest.mark.django_db(transaction=True)
def test_publishing_twice_at_once_freezes_once(create: Callable[..., int], video: Callable[..., UUID]) -> None:
    course_id = create(slug="low-voltage", publish=False)
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def publish() -> None:
        try:
            start.wait()
            api.publish_course(course_id=course_id, now=timezone.now())
        except Exception as error:  # noqa: BLE001  shown by the assert below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=publish) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert CurriculumVersion.objects.count() == 1
    assert page_of(course_id).live


def test_a_unit_keeps_its_key_when_it_moves(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage")
    page = page_of(course_id)
    raw = list(page.units.raw_data)
    page.units = [raw[2], raw[0], raw[1], raw[3]]
    page.save_revision().publish()

    frozen = api.latest_curriculum(course_id=course_id)
    assert [(u.unit_key, u.position) for u in frozen.units] == [
        ("u-practice", 1),
        ("u-video", 2),
        ("u-live", 3),
        ("u-exam", 4),
    ]


def test_a_unit_without_a_key_gets_one(create: Callable[..., int], video: Callable[..., UUID]) -> None:
    course_id = create(slug="low-voltage", units=tuple(replace(unit, unit_key="") for unit in units(video())))
    keys = [unit.unit_key for unit in api.latest_curriculum(course_id=course_id).units]
    assert len(set(keys)) == 4
    assert all(UUID(key) for key in keys)


def test_an_unknown_video_reads_as_no_video(create: Callable[..., int]) -> None:
    with pytest.raises(CourseNotPublishable) as refusal:
        create(slug="low-voltage", units=units(uuid4()))
    assert "没有视频" in refusal.value.reasons[0]
