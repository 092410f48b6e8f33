from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from courses import api as courses
from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.claims import api as claims
from lms.completion import api as completion
from lms.enrolment import api as enrolment
from lms.enrolment.data import EnrolmentFacts, NotYours
from lms.lib.localday import local_day
from lms.portal.desks import desk_of, progress_of
from lms.portal.learning import Learning, hours_of, learning_of, next_step, still_open, units_of
from lms.portal.outlook import outlook_for
from lms.portal.statement import csv_of, statement_context
from lms.practice import api as practice
from lms.subsidy import api as subsidy
from lms.web.api import parse_json, person_id_of, person_required, rate_limited


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """What the platform does, for people who are not signed in."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    cards = courses.find_courses(text="", limit=6)
    return render(request, "portal/landing.html", {"cards": cards, "demo": settings.DEMO})


@require_GET
@person_required
def home(request: HttpRequest) -> HttpResponse:
    """The start page of whoever asks: a desk for people with a role, the classes for a learner."""
    roles = frozenset(getattr(request, "roles", ()))
    return _desk(request, roles) if roles else _learner(request)


@require_GET
@person_required
def class_page(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """The learner's class: hours by kind, every unit, the timetable."""
    facts = _own(request, enrolment_id)
    now = timezone.now()
    learning = learning_of(enrolment_id=facts.enrolment_id, now=now)
    units = units_of(learning)
    context = {
        **_card(learning, units),
        "units": units,
        "sessions": _appointments(learning, units, now=now, past=True),
        "today": local_day(now),
        "record": completion.record_for(enrolment_id=enrolment_id),
        "back_url": "/home/",
    }
    return render(request, "portal/class.html", context)


@require_GET
@person_required
def outlook(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """What could be paid for this class, to whom, and what is still missing."""
    facts = _own(request, enrolment_id)
    cards = outlook_for(enrolment_id=enrolment_id, learner_id=facts.learner_id, now=timezone.now())
    run = enrolment.get_class_run(class_run_id=facts.class_run_id)
    units = units_of(learning_of(enrolment_id=enrolment_id, now=timezone.now()))
    context = {
        "cards": cards,
        "run": run,
        "enrolment_id": enrolment_id,
        "next": next_step(units),
        "back_url": f"/home/classes/{enrolment_id}/",
    }
    return render(request, "portal/outlook.html", context)


@require_GET
@person_required
def statement(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """The statement of hours (学时明细单): for the learner and for those who stand behind the class."""
    facts = _visible(request, enrolment_id)
    now = timezone.now()
    learning = learning_of(enrolment_id=enrolment_id, now=now)
    own = facts.learner_id == person_id_of(request)
    page = request.GET.get("page", "1")
    context = statement_context(
        learning,
        own=own,
        month=_day(f"{request.GET.get('month', '')}-01"),
        day=_day(request.GET.get("day", "")),
        page=int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1,
        language=get_language() or "zh-hans",
        now=now,
    )
    context |= {
        "learning": learning,
        "hours": hours_of(learning),
        "person": accounts.get_person(person_id=facts.learner_id),
        "own": own,
        "shell": "shell/phone.html" if own else "shell/desk.html",
        "back_url": f"/home/classes/{enrolment_id}/",
        "nav_active": "classes",
    }
    return render(request, "portal/statement.html", context)


@require_GET
@person_required
@rate_limited("statement-csv", "30/m")
def statement_csv(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Every entry of the enrolment as a file, for whoever may see the statement."""
    _visible(request, enrolment_id)
    learning = learning_of(enrolment_id=enrolment_id, now=timezone.now())
    answer = HttpResponse(csv_of(learning), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="statement-{enrolment_id}.csv"'
    return answer


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /api/v1/subsidy/preview/` takes."""

    enrolment: int


@require_POST
@person_required
@rate_limited("subsidy-preview", "30/m")
def subsidy_preview(request: HttpRequest) -> HttpResponse:
    """What every programme would answer for this enrolment now, with every clause; nothing is stored."""
    facts = _visible(request, parse_json(request, PreviewRequest).enrolment)
    answers = subsidy.preview(
        enrolment_id=facts.enrolment_id,
        other_lines=claims.lines_of(person_id=facts.learner_id),
        now=timezone.now(),
    )
    language = get_language() or "zh-hans"
    body = {"decisions": [subsidy.decision_document(decision=answer, language=language) for answer in answers]}
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


@require_GET
def demo_accounts(request: HttpRequest) -> HttpResponse:
    """The demo's people and what to try with each; only where the demo runs."""
    if not settings.DEMO:
        raise Http404
    path = settings.STATE_DIR / "demo.json"
    if not path.exists():
        raise Http404
    demo = json.loads(path.read_text(encoding="utf-8"))
    return render(request, "portal/demo.html", {"accounts": list(demo["accounts"].values())})


def _learner(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    own = [item for item in enrolment.enrolments_of(person_id=person_id_of(request)) if item.on_roster]
    cards = []
    for item in own:
        learning = learning_of(enrolment_id=item.enrolment_id, now=now)
        units = units_of(learning)
        judged = completion.judge(enrolment_id=item.enrolment_id, now=now)
        cards.append(
            {
                **_card(learning, units),
                "record": completion.record_for(enrolment_id=item.enrolment_id),
                "missing": len(judged.missing),
                "open": still_open(units),
                "sessions": _appointments(learning, units, now=now, past=False),
            }
        )
    greeting = _greeting(local_hour=timezone.localtime(now).hour)
    context = {"cards": cards, "greeting": greeting, "today": local_day(now), "active_tab": "home"}
    return render(request, "portal/learner_home.html", context)


def _appointments(
    learning: Learning, units: list[dict[str, Any]], *, now: datetime, past: bool
) -> list[dict[str, Any]]:
    """The class's practice dates with where this learner stands; without `past` only those still to be kept."""
    done = {unit["key"] for unit in units if unit["done"]}
    found = []
    for session in practice.sessions_for(class_run_id=learning.facts.class_run_id):
        over = session.ends_at <= now or session.cancelled_at is not None
        if not past and (over or session.unit_key in done):
            continue
        attended = practice.attendance_for(enrolment_id=learning.facts.enrolment_id, session=session, now=now)
        found.append(
            {
                "session": session,
                "day": local_day(session.starts_at),
                "over": over,
                "running": not over and session.starts_at <= now,
                "in_at": attended.in_at if attended else None,
                "out_at": attended.out_at if attended else None,
            }
        )
    return found


def _desk(request: HttpRequest, roles: frozenset[str]) -> HttpResponse:
    now = timezone.now()
    desk = desk_of(person_id=person_id_of(request), roles=roles, now=now)
    progress: list[dict[str, Any]] = []
    running = next((run for run in desk["runs"] if run.filed_on), None)
    if running and roles & {Role.HR, Role.PROVIDER_ADMIN, Role.TRAINER}:
        view = enrolment.view_of(running, person_id=person_id_of(request), day=local_day(now))
        employers = None if view.sees_everybody else view.employer_ids
        progress = progress_of(running, employer_ids=employers, now=now)[:50]
    context = {**desk, "running": running, "progress": progress, "today": local_day(now), "nav_active": "home"}
    return render(request, "portal/desk_home.html", context)


def _card(learning: Learning, units: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "enrolment_id": learning.facts.enrolment_id,
        "run": learning.run,
        "title": learning.curriculum.title,
        "hours": hours_of(learning),
        "next": next_step(units),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _greeting(*, local_hour: int) -> str:
    if local_hour < 5 or local_hour >= 18:
        return _("Good evening")
    return _("Good morning") if local_hour < 12 else _("Good afternoon")


def _own(request: HttpRequest, enrolment_id: int) -> EnrolmentFacts:
    try:
        facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
    except NotYours as error:
        raise Http404 from error
    if facts.learner_id != person_id_of(request):
        raise Http404
    return facts


def _visible(request: HttpRequest, enrolment_id: int) -> EnrolmentFacts:
    """The enrolment, for its learner and for everybody who may see this person in the class."""
    try:
        facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
        if facts.learner_id == person_id_of(request):
            return facts
        run = enrolment.get_class_run(class_run_id=facts.class_run_id)
        view = enrolment.view_of(run, person_id=person_id_of(request), day=local_day(timezone.now()))
    except NotYours as error:
        raise Http404 from error
    if not view.may_see(facts.employer_id):
        raise Http404
    return facts
