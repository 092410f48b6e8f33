from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.player import api, pages
from lms.player.data import PlaySessionFacts
from lms.web.api import client_facts, parse_json, person_required, problem, rate_limited
from media.data import PlaybackTicket, UnableToPlay


class OpenPlaySession(msgspec.Struct, forbid_unknown_fields=True):
    """The learner's own enrolment and one video unit of its curriculum."""

    enrolment: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


@require_POST
@person_required
@rate_limited("play-sessions", "60/m")
def open_session(request: HttpRequest) -> HttpResponse:
    wanted = parse_json(request, OpenPlaySession)
    client = client_facts(request)
    now = timezone.now()
    try:
        facts = api.open_session(
            learner_id=_person(request),
            enrolment_id=wanted.enrolment,
            unit_key=wanted.unit,
            now=now,
            ip=client.ip,
            user_agent=client.user_agent,
        )
        ticket = api.playback_of(session=facts.session, learner_id=_person(request), now=now)
    except api.SessionNotFound:
        return _not_found(request)
    except api.UnableToPlayUnit as error:
        return problem(request, status=409, code=error.code, title=_("This can't be played now"), detail=error.text)
    except UnableToPlay:
        return _unplayable(request)
    return JsonResponse(_session(facts, ticket), status=201)


@require_GET
@person_required
def progress(request: HttpRequest, session: UUID) -> HttpResponse:
    try:
        found = api.session_progress(session=session, learner_id=_person(request), now=timezone.now())
    except api.SessionNotFound:
        return _not_found(request)
    answer = JsonResponse(pages.progress_dict(found))
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@person_required
def playback(request: HttpRequest, session: UUID) -> HttpResponse:
    try:
        ticket = api.playback_of(session=session, learner_id=_person(request), now=timezone.now())
    except api.SessionNotFound:
        return _not_found(request)
    except UnableToPlay:
        return _unplayable(request)
    return JsonResponse(_ticket(ticket))


@require_GET
@person_required
def watch(request: HttpRequest, enrolment_id: int, unit_key: str) -> HttpResponse:
    """The lesson page of a learner's own video unit."""
    try:
        context = pages.watch_context(
            learner_id=_person(request), enrolment_id=enrolment_id, unit_key=unit_key, now=timezone.now()
        )
    except api.SessionNotFound as error:
        raise Http404 from error
    return render(request, "player/watch.html", context)


def _person(request: HttpRequest) -> int:
    return int(str(request.user.pk))


def _session(facts: PlaySessionFacts, ticket: PlaybackTicket) -> dict[str, Any]:
    return {
        "session": str(facts.session),
        "token": facts.token,
        "expires_at": facts.expires_at.isoformat(),
        "next_seq": facts.next_seq,
        "heartbeat_seconds": facts.heartbeat_seconds,
        "resume_position": facts.resume_position,
        "duration_seconds": facts.duration_seconds,
        "max_rate": facts.max_rate_milli / 1000,
        "today_left_seconds": facts.today_left_seconds,
        "notices": [{"code": notice.code, "text": notice.text} for notice in facts.notices],
        "playback": _ticket(ticket),
    }


def _ticket(ticket: PlaybackTicket) -> dict[str, str | None]:
    return {
        "master_url": ticket.master_url,
        "native_url": ticket.native_url,
        "poster_url": ticket.poster_url or None,
        "captions_url": ticket.captions_url or None,
        "captions_language": ticket.captions_language or None,
        "expires_at": ticket.expires_at.isoformat(),
    }


def _not_found(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        status=404,
        code="not_found",
        title=_("No such lesson for you"),
        detail=_("There is no such lesson or play session for you. Open the lesson from your class page."),
    )


def _unplayable(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        status=409,
        code="media_not_ready",
        title=_("This can't be played now"),
        detail=_("This video is still being prepared. Try again in a few minutes."),
    )
