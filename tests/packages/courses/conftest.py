from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from courses import api
from courses.data import ExamKind, OccupationKind, UnitCategory, UnitDraft, UnitMode, WhoPays
from courses.models import CoursePage
from lms.accounts import api as accounts
from lms.accounts.data import OrganisationKind, Role
from media.models import MediaAsset

PASSWORD = "Lian-xi-2026"
_numbers = count(1)


@dataclass(frozen=True)
class Member:
    person_id: int
    organisation_id: int
    client: Client


def make_school(name: str, uscc: str) -> int:
    return accounts.create_organisation(
        kind=OrganisationKind.PROVIDER, name=name, uscc=uscc, actor_id=None, now=timezone.now()
    ).organisation_id


@pytest.fixture
def school(db: None) -> int:
    return make_school("上海明德职业培训学校", "52310101MJ90000149")


@pytest.fixture
def other_school(db: None) -> int:
    return make_school("上海恒信培训中心", "91310104MAE0A0023D")


def make_member(organisation_id: int, *roles: Role) -> Member:
    username = f"desk{next(_numbers)}"
    person_id = accounts.create_account(
        name="周德明", username=username, password=PASSWORD, actor_id=None, now=timezone.now()
    ).person_id
    for role in roles:
        accounts.grant_role(
            person_id=person_id,
            organisation_id=organisation_id,
            role=role,
            from_on=date(2026, 1, 1),
            actor_id=None,
            now=timezone.now(),
        )
    client = Client()
    assert client.login(username=username, password=PASSWORD)
    return Member(person_id, organisation_id, client)


@pytest.fixture
def trainer(school: int) -> Member:
    return make_member(school, Role.TRAINER)


@pytest.fixture
def reviewer(school: int) -> Member:
    return make_member(school, Role.PROVIDER_ADMIN)


@pytest.fixture
def video(trainer: Member) -> Callable[..., UUID]:
    """A row of a video in any state; packaging itself is media's matter."""

    def make(*, ms: int = 2_700_000, state: str = "ready", organisation_id: int | None = None) -> UUID:
        ready = state == "ready"
        now = timezone.now()
        return MediaAsset.objects.create(
            title="触电急救",
            owner_id=trainer.person_id,
            organisation_id=organisation_id or trainer.organisation_id,
            state=state,
            error_code="not_a_video" if state == "failed" else "",
            file_name="a.mp4",
            size=10,
            source_key=f"uploads/{uuid4()}",
            duration_ms=ms if ready else 0,
            prefix="hls/x/" if ready else "",
            ready_at=now if ready else None,
            lease_token=uuid4() if state == "packaging" else None,
            lease_until=now if state == "packaging" else None,
            touched_at=now,
            created_at=now,
        ).pk

    return make


def units(media_id: UUID | None) -> tuple[UnitDraft, ...]:
    return (
        UnitDraft(
            mode=UnitMode.VIDEO, title="触电急救", category=UnitCategory.SAFETY, media_id=media_id, unit_key="u-video"
        ),
        UnitDraft(mode=UnitMode.LIVE, title="事故案例答疑", minutes=90, unit_key="u-live"),
        UnitDraft(
            mode=UnitMode.PRACTICE,
            title="低压线路安装与排故",
            category=UnitCategory.PRACTICE,
            minutes=180,
            unit_key="u-practice",
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="理论考核", exam_kind=ExamKind.THEORY, pass_mark=60, unit_key="u-exam"
        ),
    )


@pytest.fixture
def create(trainer: Member, video: Callable[..., UUID]) -> Callable[..., int]:
    """create(slug=…, title=…, …) makes the electrician's course, published unless told otherwise."""
    api.ensure_subject(slug="electrical", name="电气", name_en="Electrical work", icon="zap")
    api.ensure_occupation(code="6-31-01-03", name="电工", kind=OccupationKind.SKILL)

    def make(**more: Any) -> int:
        fields: dict[str, Any] = {
            "slug": f"course-{next(_numbers)}",
            "title": "低压电工（四级）技能提升",
            "organisation_id": trainer.organisation_id,
            "author_id": trainer.person_id,
            "intro": "学会安全用电与线路排故，面向中小企业一线员工。",
            "outcomes": ("会做触电急救", "会查线路故障"),
            "audience": "中小企业在岗电工",
            "subject": "electrical",
            "occupation": "6-31-01-03",
            "level": 4,
            "who_pays": (WhoPays.FIRM, WhoPays.PERSON),
            "now": timezone.now(),
            **more,
        }
        fields.setdefault("units", units(video() if "units" not in more else None))
        return api.create_course(**fields)

    return make


def page_of(course_id: int) -> CoursePage:
    page: CoursePage = CoursePage.objects.get(pk=course_id)
    return page
