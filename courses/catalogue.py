"""Finding published courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from courses.data import CourseCard, UnitMode, WhoPays
from courses.models import CoursePage, CurriculumVersion
from courses.rules import search_needles

_MODE_COLUMNS = {
    UnitMode.VIDEO: "video_seconds",
    UnitMode.LIVE: "live_seconds",
    UnitMode.PRACTICE: "practice_seconds",
}
_PAYER_COLUMNS = {WhoPays.FIRM: "firm_pays", WhoPays.PERSON: "person_pays"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseQuery:
    """What a visitor looks for; empty fields ask for nothing."""

    text: str = ""
    subject: str = ""
    occupation: str = ""
    level: int | None = None
    mode: UnitMode | None = None
    who_pays: WhoPays | None = None


def matching_pages(query: CourseQuery) -> QuerySet[Any]:
    """Published courses that fit, newest first. Each word of the text must occur, wherever it stands."""
    pages: QuerySet[Any] = CoursePage.objects.live().filter(curricula__isnull=False)
    for needle in search_needles(query.text):
        pages = pages.filter(search_text__contains=needle)
    if query.subject:
        pages = pages.filter(subject__slug=query.subject)
    if query.occupation:
        pages = pages.filter(occupation__code=query.occupation)
    if query.level is not None:
        pages = pages.filter(level=query.level)
    if query.mode in _MODE_COLUMNS:
        pages = pages.filter(**{f"{_MODE_COLUMNS[query.mode]}__gt": 0})
    if query.who_pays is not None:
        pages = pages.filter(**{_PAYER_COLUMNS[query.who_pays]: True})
    newest = CurriculumVersion.objects.filter(course_id=OuterRef("pk")).order_by("-number")
    listed: QuerySet[Any] = (
        pages.distinct()
        .annotate(
            newest_curriculum=Subquery(newest.values("pk")[:1]), frozen_url=Subquery(newest.values("course_url")[:1])
        )
        .select_related("subject", "occupation")
        .defer("units", "search_text")
        .order_by(F("first_published_at").desc(nulls_last=True), "pk")
    )
    return listed


def card_of(page: Any) -> CourseCard:
    """The card of a page from `matching_pages`."""
    payers = tuple(payer for payer, column in _PAYER_COLUMNS.items() if getattr(page, column))
    return CourseCard(
        course_id=page.pk,
        curriculum_id=page.newest_curriculum,
        title=page.title,
        intro=page.intro,
        url=page.frozen_url,
        provider_id=page.organisation_id,
        subject=page.subject.name if page.subject else "",
        occupation_code=page.occupation.code if page.occupation else "",
        occupation_name=page.occupation.name if page.occupation else "",
        level=page.level or None,
        who_pays=payers,
        video_seconds=page.video_seconds,
        live_seconds=page.live_seconds,
        practice_seconds=page.practice_seconds,
    )
