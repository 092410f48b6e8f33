from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.player import api, pages
from lms.player.data import CheckKind, CheckMethod, PlaySessionFacts
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


class RequestCheck(msgspec.Struct, forbid_unknown_fields=True):
    """Why the page asks: to confirm what waits, or because nobody has touched it."""

    kind: Literal["confirm", "idle"]


class AnswerCheck(msgspec.Struct, forbid_unknown_fields=True):
    """The answer to one round: the code, or a JPEG in base64 for the camera."""

    round: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    answer: Annotated[str, msgspec.Meta(max_length=420_000)]


class ChangeMethod(msgspec.Struct, forbid_unknown_fields=True):
    method: CheckMethod


@require_POST
@person_required
@rate_limited("play-checks", "60/m")
def request_check(request: HttpRequest, session: UUID) -> HttpResponse:
    wanted = parse_json(request, RequestCheck)
    return _check(
        request,
        lambda: pages.prompt_dict(
            api.request_check(
                session=session, learner_id=_person(request), kind=CheckKind(wanted.kind), now=timezone.now()
            )
        ),
    )


@require_POST
@person_required
@rate_limited("play-checks", "60/m")
def show_check(request: HttpRequest, session: UUID, check: UUID) -> HttpResponse:
    now = timezone.now()
    return _check(
        request,
        lambda: pages.check_dict(api.show_check(session=session, check=check, learner_id=_person(request), now=now)),
    )


@require_POST
@person_required
@rate_limited("play-checks", "60/m")
def answer_check(request: HttpRequest, session: UUID, check: UUID) -> HttpResponse:
    now = timezone.now()
    told = parse_json(request, AnswerCheck)
    return _check(
        request,
        lambda: pages.check_dict(
            api.answer_check(
                session=session,
                check=check,
                learner_id=_person(request),
                round_no=told.round,
                answer=told.answer,
                now=now,
            )
        ),
    )


@require_POST
@person_required
@rate_limited("play-check-methods", "6/m")
def change_method(request: HttpRequest, session: UUID, check: UUID) -> HttpResponse:
    wanted = parse_json(request, ChangeMethod)
    return _check(
        request,
        lambda: pages.check_dict(
            api.change_method(
                session=session, check=check, learner_id=_person(request), method=wanted.method, now=timezone.now()
            )
        ),
    )


@require_POST
@person_required
@rate_limited("supervise", "60/m")
def supervise(request: HttpRequest, check: UUID) -> HttpResponse:
    """The supervisor who looks after the learner says that the learner is there."""
    return _check(
        request,
        lambda: pages.check_dict(
            api.confirm_supervised(check=check, supervisor_id=_person(request), now=timezone.now())
        ),
    )


def _check(request: HttpRequest, act: Callable[[], dict[str, Any]]) -> HttpResponse:
    try:
        answer = JsonResponse(act())
    except (api.SessionNotFound, api.CheckNotFound):
        return problem(
            request,
            status=404,
            code="not_found",
            title=_("No such check for you"),
            detail=_("There is no such presence check for you. Go on with the lesson; a new one comes when it is due."),
        )
    except api.UnableToCheck as error:
        return problem(
            request, status=409, code=error.code, title=_("This check can't be answered so"), detail=error.text
        )
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
        "prompt": pages.prompt_dict(facts.prompt) if facts.prompt else None,
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
