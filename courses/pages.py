"""What the catalogue's pages show: lists, filters, numbers as ready text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.catalogue import CourseQuery, card_of, matching_pages
from courses.data import CourseCard, UnitMode, WhoPays
from courses.drafts import unit_specs
from courses.models import LEVELS, Occupation, Subject
from lms.accounts import api as accounts
from lms.web.api import paginate

PER_PAGE = 12
_PERIOD_SECONDS = 2700  # how a length is shown (学时); what counts is decided from hour-rule packs in seconds
_LONGEST_TEXT = 60


def read_query(request: HttpRequest) -> CourseQuery:
    """The visitor's wishes; anything unknown asks for nothing."""
    given = request.GET
    level = given.get("level", "")
    mode = given.get("mode", "")
    pays = given.get("pays", "")
    return CourseQuery(
        text=given.get("q", "").replace("\x00", "")[:_LONGEST_TEXT].strip(),
        subject=given.get("subject", "").replace("\x00", "")[:50],
        occupation=given.get("occupation", "").replace("\x00", "")[:12],
        level=int(level) if level in {str(code) for code, _name in LEVELS} else None,
        mode=UnitMode(mode) if mode in {m.value for m in (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE)} else None,
        who_pays=WhoPays(pays) if pays in {p.value for p in WhoPays} else None,
    )


def index_context(request: HttpRequest) -> dict[str, Any]:
    """The catalogue as this visitor asked for it."""
    query = read_query(request)
    page = paginate(request, matching_pages(query), per_page=PER_PAGE)
    cards = [card_of(item) for item in page.items]
    providers = accounts.get_organisations(organisation_ids={card.provider_id for card in cards})
    subjects = _subjects()
    icons = {name: icon for _slug, name, _label, icon in subjects}
    return {
        "query": query,
        "result": replace(page, items=[_card(card, providers, icons) for card in cards]),
        "filters": _filters(query, subjects),
        "filtered": query != CourseQuery(),
        "active_tab": "courses",
        **_for_visitors(request),
    }


def course_context(page: Any, request: HttpRequest) -> dict[str, Any]:
    """One course: what it teaches, its hours by mode, its units, who pays, and what others hang in."""
    units = [_unit_row(spec, child) for spec, child in zip(unit_specs(page), page.units, strict=True)]
    provider = accounts.get_organisations(organisation_ids={page.organisation_id}).get(page.organisation_id)
    context = {
        "provider": provider.name if provider else "",
        "units": units,
        "hours": _hours(page),
        "total": periods_text(page.video_seconds + page.live_seconds + page.practice_seconds),
        "level": level_text(page.level or None),
        "active_tab": "courses",
        "back_url": page.get_parent().get_url(request) if page.pk else None,
        "is_draft": getattr(request, "is_preview", False),
        "class_runs_template": getattr(settings, "COURSE_PAGE_CLASS_RUNS", ""),
        **_for_visitors(request),
    }
    for dotted in getattr(settings, "COURSE_PAGE_CONTEXT", ()):
        # Packages above courses hang their parts in from settings, so that nothing is imported upwards.
        context.update(import_string(dotted)(page, request))
    return context


def periods_text(seconds: int) -> str:
    """Periods of 45 minutes rounded down to a tenth, without a trailing zero: "2", "1.3"."""
    tenths = seconds * 10 // _PERIOD_SECONDS
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def level_text(level: int | None) -> str:
    """`四级`, or nothing."""
    return str(dict(LEVELS)[level]) if level else ""


def _for_visitors(request: HttpRequest) -> dict[str, Any]:
    """A visitor's page carries no token of its own, so that the next visitor can be given the same bytes."""
    visitor = not getattr(request.user, "is_authenticated", False) if hasattr(request, "user") else True
    return {"csrf_token": ""} if visitor else {}


def _subjects() -> list[tuple[str, str, str, str]]:
    english = (get_language() or "").startswith("en")
    return [
        (subject.slug, subject.name, (subject.name_en or subject.name) if english else subject.name, subject.icon)
        for subject in Subject.objects.all()
    ]


def _card(card: CourseCard, providers: dict[int, Any], icons: dict[str, str]) -> dict[str, Any]:
    provider = providers.get(card.provider_id)
    return {
        "title": card.title,
        "intro": card.intro,
        "url": card.url,
        "icon": icons.get(card.subject, "book-open"),
        "provider": provider.name if provider else "",
        "occupation": card.occupation_name,
        "level": level_text(card.level),
        "total": periods_text(card.total_seconds),
        "modes": _modes(card.video_seconds, card.live_seconds, card.practice_seconds),
        "firm": WhoPays.FIRM in card.who_pays,
        "person": WhoPays.PERSON in card.who_pays,
    }


def _modes(video: int, live: int, practice: int) -> list[dict[str, Any]]:
    rows = (("online", _("Online"), video), ("live", _("Live lessons"), live), ("practice", _("Practice"), practice))
    return [
        {"mode": mode, "label": label, "periods": periods_text(seconds)} for mode, label, seconds in rows if seconds
    ]


def _hours(page: Any) -> list[dict[str, Any]]:
    total = page.video_seconds + page.live_seconds + page.practice_seconds
    rows = _modes(page.video_seconds, page.live_seconds, page.practice_seconds)
    seconds = {"online": page.video_seconds, "live": page.live_seconds, "practice": page.practice_seconds}
    return [{**row, "percent": seconds[row["mode"]] * 100 // total if total else 0} for row in rows]


_TONES = {UnitMode.VIDEO: "online", UnitMode.LIVE: "live", UnitMode.PRACTICE: "practice"}


def _unit_row(spec: Any, child: Any) -> dict[str, Any]:
    minutes, seconds = divmod(spec.duration_seconds, 60)
    length = _("%(minutes)d min") % {"minutes": minutes} if minutes else _("%(seconds)d s") % {"seconds": seconds}
    return {
        "position": spec.position,
        "title": spec.title,
        "summary": child.value.get("summary") or "",
        "tone": _TONES.get(spec.mode, "exam"),
        "kind": child.block.label,
        "length": length if spec.duration_seconds else "",
        "periods": periods_text(spec.required_seconds),
        "pass_mark": spec.pass_mark,
        "safety": spec.category.value == "safety",
    }


def _filters(query: CourseQuery, subjects: list[tuple[str, str, str, str]]) -> dict[str, Any]:
    def link(**changes: object) -> str:
        return _address(replace(query, **changes))  # type: ignore[arg-type]

    modes = ((UnitMode.VIDEO, _("Online")), (UnitMode.LIVE, _("Live lessons")), (UnitMode.PRACTICE, _("Practice")))
    payers = ((WhoPays.FIRM, _("My firm pays")), (WhoPays.PERSON, _("I pay, then claim")))
    occupations = Occupation.objects.filter(pk__in=_occupations_in_use()).order_by("name")
    return {
        "subjects": [
            {"label": _("All"), "href": link(subject=""), "current": not query.subject},
            *(
                {"label": label, "icon": icon, "href": link(subject=slug), "current": query.subject == slug}
                for slug, _name, label, icon in subjects
            ),
        ],
        "levels": [{"value": code, "label": name, "current": query.level == code} for code, name in LEVELS],
        "modes": [{"value": mode.value, "label": name, "current": query.mode is mode} for mode, name in modes],
        "payers": [{"value": who.value, "label": name, "current": query.who_pays is who} for who, name in payers],
        "occupations": [
            {"value": item.code, "label": item.name, "current": query.occupation == item.code} for item in occupations
        ],
        "count": sum((bool(query.occupation), query.level is not None, bool(query.mode), bool(query.who_pays))),
        "clear": _address(CourseQuery(text=query.text)),
    }


def _occupations_in_use() -> Any:
    from courses.models import CoursePage

    return CoursePage.objects.live().filter(occupation__isnull=False).values("occupation_id")


def _address(query: CourseQuery) -> str:
    parts = {
        "q": query.text,
        "subject": query.subject,
        "occupation": query.occupation,
        "level": "" if query.level is None else str(query.level),
        "mode": query.mode.value if query.mode else "",
        "pays": query.who_pays.value if query.who_pays else "",
    }
    return "?" + urlencode({name: value for name, value in parts.items() if value})
