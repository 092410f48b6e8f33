"""The CMS as its people use it, through its real pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.models import Workflow
from wagtail.test.utils.form_data import nested_form_data, streamfield

from courses import api
from courses.entrance import groups_for
from courses.ground import AUTHORS, OPERATORS, REVIEWERS
from courses.models import CourseIndexPage, CoursePage, CurriculumVersion
from lms.accounts import api as accounts
from lms.accounts.data import OrganisationKind, Role
from tests.packages.courses.conftest import Member, make_member, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger(other_school: int) -> Member:
    return make_member(other_school, Role.TRAINER, Role.PROVIDER_ADMIN)


@pytest.fixture
def operator(db: None) -> Member:
    from django.utils import timezone

    platform = accounts.create_organisation(
        kind=OrganisationKind.PLATFORM, name="职培云运营", actor_id=None, now=timezone.now()
    ).organisation_id
    return make_member(platform, Role.OPERATOR)


def form(organisation_id: int, *units: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    data: dict[str, Any] = nested_form_data(
        {
            "title": "低压电工",
            "slug": "low-voltage",
            "intro": "学会安全用电。",
            "outcomes": "",
            "audience": "",
            "subject": "",
            "occupation": "",
            "level": "0",
            "firm_pays": "on",
            "organisation": str(organisation_id),
            "units": streamfield([(kind, value) for kind, value in units]),
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""},
            **more,
        }
    )
    return data


def video_unit(media_id: UUID | str) -> tuple[str, dict[str, Any]]:
    return ("video", {"title": "触电急救", "media": str(media_id), "category": "safety", "summary": ""})


LIVE = ("live", {"title": "答疑", "minutes": "90", "category": "theory", "summary": ""})


def add_address() -> str:
    return reverse("wagtailadmin_pages:add", args=("courses", "coursepage", CourseIndexPage.objects.get().pk))


def edit_address(course_id: int) -> str:
    return reverse("wagtailadmin_pages:edit", args=(course_id,))


def shown(answer: Any) -> str:
    """The page's text, with the editor's JSON made readable."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), answer.content.decode())


def test_a_trainer_writes_a_draft_and_cannot_publish_it(trainer: Member, video: Callable[..., UUID]) -> None:
    data = form(trainer.organisation_id, video_unit(video()), LIVE)

    answer = trainer.client.post(add_address(), {**data, "action-publish": "1"}, follow=True)

    assert answer.status_code == 200
    page = CoursePage.objects.get()
    assert (page.live, page.owner_id, page.organisation_id) == (False, trainer.person_id, trainer.organisation_id)
    assert CurriculumVersion.objects.count() == 0
    assert [group.name for group in Group.objects.filter(user__pk=trainer.person_id)] == [AUTHORS]


def test_a_draft_may_be_empty(trainer: Member) -> None:
    trainer.client.post(add_address(), form(trainer.organisation_id, intro=""), follow=True)
    page = CoursePage.objects.get()
    assert (page.live, len(page.units)) == (False, 0)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("no unit", "课程还没有单元"),
        ("packaging", "的视频还没有准备好"),
        ("failed", "的视频没有转码成功"),
        ("foreign", "的视频属于别的培训机构"),
    ],
)
def test_the_editor_says_why_a_course_cannot_go_live(
    reviewer: Member, video: Callable[..., UUID], other_school: int, kind: str, words: str
) -> None:
    media_id = video(
        state=kind if kind in ("packaging", "failed") else "ready",
        organisation_id=other_school if kind == "foreign" else None,
    )
    units = [] if kind == "no unit" else [video_unit(media_id), LIVE]
    data = form(reviewer.organisation_id, *units)

    answer = reviewer.client.post(add_address(), {**data, "action-publish": "1"})
    assert answer.status_code == 200
    assert words in shown(answer)
    assert CoursePage.objects.count() == 0

    # the same as a draft is kept; publishing it from the editor and from the list is refused in the same words
    reviewer.client.post(add_address(), data, follow=True)
    page = CoursePage.objects.get()
    answer = reviewer.client.post(edit_address(page.pk), {**data, "action-publish": "1"})
    assert words in shown(answer)
    bulk = reverse("wagtail_bulk_action", args=("wagtailcore", "page", "publish")) + f"?id={page.pk}"
    answer = reviewer.client.post(bulk, {"include_descendants": ""}, follow=True)
    assert words in shown(answer)
    assert not page_of(page.pk).live
    assert CurriculumVersion.objects.count() == 0


def test_handing_in_an_unfinished_course_is_refused(trainer: Member) -> None:
    trainer.client.post(add_address(), form(trainer.organisation_id), follow=True)
    page = CoursePage.objects.get()

    answer = trainer.client.post(edit_address(page.pk), {**form(trainer.organisation_id), "action-submit": "1"})

    assert "课程还没有单元" in shown(answer)
    assert page_of(page.pk).current_workflow_state is None


def test_a_reviewer_publishes_what_a_trainer_handed_in(
    trainer: Member, reviewer: Member, stranger: Member, video: Callable[..., UUID]
) -> None:
    data = form(trainer.organisation_id, video_unit(video()), LIVE)
    trainer.client.post(add_address(), data, follow=True)
    page = CoursePage.objects.get()
    trainer.client.post(edit_address(page.pk), {**data, "action-submit": "1"}, follow=True)
    state = page_of(page.pk).current_workflow_state
    assert state is not None
    assert state.workflow == Workflow.objects.get(name="课程发布审核")
    assert "低压电工" in shown(reviewer.client.get("/cms/"))
    assert "低压电工" not in shown(stranger.client.get("/cms/"))
    approve = reverse("wagtailadmin_pages:workflow_action", args=(page.pk, "approve", state.current_task_state.pk))

    for nobody in (trainer, stranger):
        nobody.client.post(approve)
        assert not page_of(page.pk).live
    # while it waits, its author can't change what the reviewer reads
    trainer.client.post(edit_address(page.pk), form(trainer.organisation_id), follow=True)
    assert len(page_of(page.pk).get_latest_revision_as_object().units) == 2

    reviewer.client.post(approve)

    assert page_of(page.pk).live
    assert api.latest_curriculum(course_id=page.pk).number == 1
    assert [card.course_id for card in api.find_courses()] == [page.pk]


def test_a_course_that_broke_while_waiting_can_only_be_sent_back(
    trainer: Member, reviewer: Member, video: Callable[..., UUID]
) -> None:
    media_id = video()
    data = form(trainer.organisation_id, video_unit(media_id), LIVE)
    trainer.client.post(add_address(), data, follow=True)
    page = CoursePage.objects.get()
    trainer.client.post(edit_address(page.pk), {**data, "action-submit": "1"}, follow=True)
    reviewer.client.post(edit_address(page.pk), form(trainer.organisation_id), follow=True)  # empties it, as a draft
    state = page_of(page.pk).current_workflow_state
    assert state is not None
    task = state.current_task_state.pk

    answer = reviewer.client.post(reverse("wagtailadmin_pages:workflow_action", args=(page.pk, "approve", task)))
    assert answer.status_code < 500
    assert not page_of(page.pk).live
    reviewer.client.post(
        reverse("wagtailadmin_pages:workflow_action", args=(page.pk, "reject", task)), {"comment": "请补上单元"}
    )
    workflow_state = page_of(page.pk).current_workflow_state
    assert workflow_state is None or workflow_state.status == "needs_changes"


def test_other_providers_courses_are_out_of_reach(
    create: Callable[..., int], stranger: Member, trainer: Member
) -> None:
    course_id = create(slug="low-voltage")
    before = page_of(course_id).latest_revision_id
    data = form(stranger.organisation_id, LIVE, title="抢来的课")

    assert "低压电工" not in shown(
        stranger.client.get(reverse("wagtailadmin_explore", args=(CourseIndexPage.objects.get().pk,)))
    )
    for address in (
        edit_address(course_id),
        reverse("wagtailadmin_pages:delete", args=(course_id,)),
        reverse("wagtailadmin_pages:unpublish", args=(course_id,)),
        reverse("wagtailadmin_pages:copy", args=(course_id,)),
        reverse("wagtailadmin_pages:history", args=(course_id,)),
    ):
        assert stranger.client.get(address).status_code in (302, 403, 404)
        assert stranger.client.post(address, data).status_code in (302, 403, 404)
    page = page_of(course_id)
    assert (page.live, page.title, page.latest_revision_id) == (True, "低压电工（四级）技能提升", before)
    assert CoursePage.objects.count() == 1


def test_a_course_cannot_be_written_for_somebody_elses_provider(
    trainer: Member, other_school: int, video: Callable[..., UUID]
) -> None:
    answer = trainer.client.post(add_address(), form(other_school, LIVE))
    assert answer.status_code == 200
    assert CoursePage.objects.count() == 0


def test_only_own_videos_can_be_chosen(trainer: Member, stranger: Member, video: Callable[..., UUID]) -> None:
    own = video(state="packaging")
    listed = shown(trainer.client.get(reverse("media_chooser:choose")))
    assert "触电急救" in listed
    assert "正在转码" in listed
    assert "触电急救" not in shown(stranger.client.get(reverse("media_chooser:choose")))
    chosen = trainer.client.get(reverse("media_chooser:chosen", args=(own,)))
    assert json.loads(shown(chosen))["result"]["id"] == str(own)
    for nobody, media_id in ((stranger, own), (trainer, uuid4())):
        assert nobody.client.get(reverse("media_chooser:chosen", args=(media_id,))).status_code == 404
    assert trainer.client.get("/cms/media_chooser/chosen/nonsense/").status_code == 404
    many = reverse("media_chooser:chosen_multiple") + f"?id={own}&id=nonsense"
    assert len(json.loads(shown(trainer.client.get(many)))["result"]) == 1
    assert json.loads(shown(stranger.client.get(many)))["result"] == []


@pytest.mark.parametrize("media", ["nonsense", "", "00000000-0000-4000-8000-000000000000", "\x00"])
def test_a_forged_video_in_the_editor_is_no_video(reviewer: Member, media: str) -> None:
    data = form(reviewer.organisation_id, video_unit(media), LIVE)
    answer = reviewer.client.post(add_address(), {**data, "action-publish": "1"})
    assert answer.status_code == (400 if "\x00" in media else 200)
    assert CoursePage.objects.filter(live=True).count() == 0


def test_who_does_not_write_courses_does_not_enter(db: None, school: int, other_school: int) -> None:
    learner = make_member(school)
    assessor = make_member(
        accounts.create_organisation(
            kind=OrganisationKind.BASE,
            name="闵行实训基地",
            uscc="12310000425000014Y",
            actor_id=None,
            now=__import__("django.utils.timezone", fromlist=["now"]).now(),
        ).organisation_id,
        Role.BASE_STAFF,
    )
    for nobody in (learner, assessor):
        for address in ("/cms/", "/cms/pages/", "/cms/login/", "/cms/account/", "/cms/media_chooser/"):
            assert nobody.client.get(address).status_code == 404
    assert Client().get("/cms/")["Location"] == "/accounts/login/?next=/cms/"
    assert Group.objects.filter(name__in=(AUTHORS, REVIEWERS, OPERATORS), user__isnull=False).count() == 0


def test_groups_follow_the_roles_of_today(trainer: Member, reviewer: Member, operator: Member) -> None:
    from datetime import date

    from django.contrib.auth import get_user_model
    from django.utils import timezone

    people = get_user_model().objects

    def held(member: Member) -> set[str]:
        member.client.get("/cms/")
        return set(people.get(pk=member.person_id).groups.values_list("name", flat=True))

    assert held(trainer) == {AUTHORS}
    assert held(reviewer) == {AUTHORS, REVIEWERS}
    assert held(operator) == {OPERATORS}
    accounts.end_role(
        person_id=reviewer.person_id,
        organisation_id=reviewer.organisation_id,
        role=Role.PROVIDER_ADMIN,
        to_on=date(2026, 1, 2),
        actor_id=None,
        now=timezone.now(),
    )
    assert reviewer.client.get("/cms/").status_code == 404
    assert groups_for(people.get(pk=reviewer.person_id)) == frozenset()


def test_the_account_page_of_the_cms_is_our_own(trainer: Member) -> None:
    answer = trainer.client.get("/cms/account/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/me/")
    assert Client().get("/cms/account/").headers["Location"] == "/accounts/login/?next=/cms/account/"


def test_the_menu_is_short_in_chinese_and_ours(trainer: Member, operator: Member) -> None:
    page = shown(trainer.client.get("/cms/"))
    assert "职培云" in page
    assert "courses/cms.css" in page
    for text in ("回工作台", "视频"):
        assert text in page
    for hidden in ("/cms/reports/", "/cms/users/", "/cms/images/", "/cms/snippets/", "releases.wagtail"):
        assert hidden not in page
    assert "/cms/snippets/" in shown(operator.client.get("/cms/"))
    assert operator.client.get("/cms/snippets/courses/occupation/").status_code == 200
    assert trainer.client.post("/cms/snippets/courses/occupation/add/", {"name": "x"}).status_code in (302, 403, 404)


def test_a_taught_course_is_unpublished_not_deleted(create: Callable[..., int], reviewer: Member) -> None:
    course_id = create(slug="low-voltage")
    for address in (
        reverse("wagtailadmin_pages:delete", args=(course_id,)),
        reverse("wagtail_bulk_action", args=("wagtailcore", "page", "delete")) + f"?id={course_id}",
    ):
        assert reviewer.client.post(address).status_code in (302, 403)
        assert CoursePage.objects.filter(pk=course_id).exists()
    reviewer.client.post(reverse("wagtailadmin_pages:unpublish", args=(course_id,)))
    assert not page_of(course_id).live
    assert CurriculumVersion.objects.count() == 1


def test_a_draft_can_be_looked_at_before_it_is_published(create: Callable[..., int], trainer: Member) -> None:
    course_id = create(slug="low-voltage", publish=False)
    answer = trainer.client.get(reverse("wagtailadmin_pages:view_draft", args=(course_id,)))
    assert answer.status_code == 200
    assert "这是预览，学员还看不到" in shown(answer)
    assert Client().get(reverse("wagtailadmin_pages:view_draft", args=(course_id,))).status_code == 302


def test_the_desks_own_search_finds_the_middle_of_a_title(create: Callable[..., int], trainer: Member) -> None:
    create(slug="low-voltage")
    create(slug="care", title="养老护理员带教津贴班")
    index = reverse("wagtailadmin_explore", args=(CourseIndexPage.objects.get().pk,))
    found = shown(trainer.client.get(index, {"q": "教津"}))
    assert "养老护理员带教津贴班" in found
    assert "低压电工（四级）技能提升" not in found


def refused(member: Member, *units: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """What stands above the form, and what the units' widget is given, when this is to be published."""
    answer = member.client.post(add_address(), {**form(member.organisation_id, *units), "action-publish": "1"})
    (said,) = [str(message) for message in answer.context["messages"]]
    (units_error,) = answer.context["form"].errors["units"].as_data()
    assert not CurriculumVersion.objects.exists()
    assert "职培云</title>" in answer.content.decode()
    return said, units_error.as_json_data()


def test_every_reason_stands_above_the_form_and_at_the_units(reviewer: Member, video: Callable[..., UUID]) -> None:
    """The stream's widget shows only the first error it is given, and on a tab that may not be open."""
    said, shown_at_units = refused(reviewer, video_unit(video(state="packaging")), video_unit(video(state="failed")))
    for words in ("的视频还没有准备好", "的视频没有转码成功", "课程暂时不能发布，草稿会保留"):
        assert words in said, said
    assert len(shown_at_units["messages"]) == 2


def test_a_unit_that_is_not_filled_in_is_not_taken_for_no_unit(reviewer: Member) -> None:
    said, shown_at_units = refused(reviewer, ("practice", {**LIVE[1], "minutes": "0"}))
    assert "有单元没有填完整" in said
    assert "课程还没有单元" not in said
    assert shown_at_units["blockErrors"]
