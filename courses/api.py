"""The door of courses: the catalogue, and what was frozen when a course was published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction

from courses.access import author_organisation_ids, reviewer_organisation_ids
from courses.catalogue import CourseQuery, card_of, matching_pages
from courses.data import (
    CourseCard,
    CourseNotFound,
    CourseNotPublishable,
    CurriculumNotFound,
    CurriculumVersion,
    OccupationKind,
    UnitDraft,
    UnitMode,
    WhoPays,
)
from courses.drafts import fault_messages
from courses.freeze import freeze_curriculum
from courses.ground import lay_ground
from courses.models import CourseIndexPage, CoursePage, Occupation, Subject
from courses.models import CurriculumVersion as Frozen
from courses.rules import curriculum_value, unit_from_value

__all__ = [
    "create_course",
    "curriculum_value",
    "ensure_occupation",
    "ensure_subject",
    "find_courses",
    "get_curricula",
    "get_curriculum",
    "is_shortage",
    "latest_curriculum",
    "may_author_for",
    "may_release_for",
    "publish_course",
]

LONGEST_LIST = 200


def get_curriculum(*, curriculum_id: int) -> CurriculumVersion:
    """The frozen curriculum with this id. Raises CurriculumNotFound."""
    found = get_curricula(curriculum_ids=(curriculum_id,))
    if curriculum_id not in found:
        raise CurriculumNotFound(curriculum_id)
    return found[curriculum_id]


def get_curricula(*, curriculum_ids: Collection[int]) -> dict[int, CurriculumVersion]:
    """The frozen curricula by id, in one query; unknown ids are left out."""
    return {row.pk: _facts(row) for row in Frozen.objects.filter(pk__in=set(curriculum_ids))}


def latest_curriculum(*, course_id: int) -> CurriculumVersion:
    """The newest frozen curriculum of a course. Raises CourseNotFound when it was never published."""
    row = Frozen.objects.filter(course_id=course_id).order_by("-number").first()
    if row is None:
        raise CourseNotFound(course_id)
    return _facts(row)


def find_courses(
    *,
    text: str = "",
    subject: str = "",
    occupation: str = "",
    level: int | None = None,
    mode: UnitMode | None = None,
    who_pays: WhoPays | None = None,
    limit: int = 50,
) -> list[CourseCard]:
    """Published courses that fit, newest first; a Chinese word is found wherever it stands in title or text."""
    query = CourseQuery(text=text, subject=subject, occupation=occupation, level=level, mode=mode, who_pays=who_pays)
    return [card_of(page) for page in matching_pages(query)[: min(limit, LONGEST_LIST)]]


def may_author_for(*, person: object, organisation_id: int) -> bool:
    """Whether the person may write courses of this provider."""
    ids = author_organisation_ids(person)
    return ids is None or organisation_id in ids


def may_release_for(*, person: object, organisation_id: int) -> bool:
    """Whether the person may publish courses of this provider."""
    ids = reviewer_organisation_ids(person)
    return ids is None or organisation_id in ids


def ensure_subject(*, slug: str, name: str, name_en: str = "", icon: str = "book-open", position: int = 0) -> None:
    """The subject stands in the catalogue's list under this slug."""
    Subject.objects.update_or_create(
        slug=slug, defaults={"name": name, "name_en": name_en, "icon": icon, "position": position}
    )


def ensure_occupation(
    *, code: str, name: str, kind: OccupationKind, edition: str = "2022", shortage: bool = False
) -> None:
    """The occupation stands in the list of its edition. Raises ValidationError for a malformed code."""
    row = Occupation.objects.filter(code=code, edition=edition).first() or Occupation(code=code, edition=edition)
    row.name, row.kind, row.shortage = name, kind.value, shortage
    row.full_clean()
    row.save()


def is_shortage(*, code: str) -> bool:
    """Whether the newest edition of the occupation stands on the shortage list; no for an unknown code."""
    row = Occupation.objects.filter(code=code).order_by("-edition").first()
    return row is not None and row.shortage


def create_course(
    *,
    slug: str,
    title: str,
    organisation_id: int,
    author_id: int,
    units: Sequence[UnitDraft],
    now: datetime,
    intro: str = "",
    outcomes: Sequence[str] = (),
    audience: str = "",
    subject: str = "",
    occupation: str = "",
    edition: str = "2022",
    level: int | None = None,
    who_pays: Collection[WhoPays] = (WhoPays.FIRM,),
    publish: bool = True,
) -> int:
    """A course stands in the catalogue under this slug, published unless told otherwise; its id.

    Called again with the same slug it brings the course to this content. Goes through Wagtail's own revisions.
    `now` is the day the curriculum is frozen. Raises CourseNotPublishable; then nothing has changed.
    """
    with transaction.atomic():
        page = CoursePage.objects.filter(slug=slug).first() or CoursePage(slug=slug, live=False, owner_id=author_id)
        page.title, page.draft_title = title, title
        page.organisation_id = organisation_id
        page.intro, page.outcomes, page.audience = intro, "\n".join(outcomes), audience
        page.subject = Subject.objects.get(slug=subject) if subject else None
        page.occupation = Occupation.objects.get(code=occupation, edition=edition) if occupation else None
        page.level = level or 0
        page.firm_pays, page.person_pays = WhoPays.FIRM in who_pays, WhoPays.PERSON in who_pays
        page.units = [_raw_unit(unit) for unit in units]
        if page.pk is None:
            _index().add_child(instance=page)
        page.save_revision(user=page.owner, clean=False)
        if publish:
            publish_course(course_id=page.pk, now=now)
    return int(page.pk)


def publish_course(*, course_id: int, now: datetime) -> CurriculumVersion:
    """The course's latest draft is live and frozen. Raises CourseNotFound, CourseNotPublishable."""
    page = CoursePage.objects.filter(pk=course_id).first()
    if page is None:
        raise CourseNotFound(course_id)
    with transaction.atomic():
        draft = page.get_latest_revision_as_object()
        reasons = fault_messages(draft)
        if reasons:
            raise CourseNotPublishable(tuple(reasons))
        freeze_curriculum(draft, frozen_at=now)
        revision = page.latest_revision or page.save_revision(clean=False)
        try:
            revision.publish()
        except ValidationError as error:
            raise CourseNotPublishable(tuple(error.messages)) from error
    return latest_curriculum(course_id=course_id)


def _index() -> CourseIndexPage:
    index: CourseIndexPage | None = CourseIndexPage.objects.first()
    if index is None:
        lay_ground(apps)
        index = CourseIndexPage.objects.get()
    return index


def _raw_unit(unit: UnitDraft) -> dict[str, object]:
    """The unit as a raw stream child."""
    value: dict[str, object] = {"title": unit.title, "summary": unit.summary}
    if unit.mode is UnitMode.ASSESSMENT:
        value |= {"exam_kind": unit.exam_kind.value if unit.exam_kind else "theory", "pass_mark": unit.pass_mark or 60}
    else:
        value["category"] = unit.category.value
    if unit.mode is UnitMode.VIDEO:
        value["media"] = str(unit.media_id) if unit.media_id else None
    elif unit.mode is not UnitMode.ASSESSMENT:
        value["minutes"] = unit.minutes
    return {"type": unit.mode.value, "id": unit.unit_key or str(uuid4()), "value": value}


def _facts(row: Frozen) -> CurriculumVersion:
    return CurriculumVersion(
        curriculum_id=row.pk,
        course_id=row.course_id,
        number=row.number,
        title=row.title,
        course_url=row.course_url,
        occupation_code=row.occupation_code,
        occupation_name=row.occupation_name,
        occupation_kind=OccupationKind(row.occupation_kind),
        level=row.level,
        units=tuple(unit_from_value(value) for value in row.units),
        digest=row.digest,
        frozen_at=row.frozen_at,
    )
