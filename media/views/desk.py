"""The video desk: a trainer's videos, their states, what went wrong and what to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.web.api import paginate, roles_required
from media import api
from media.data import CaptionsInvalid, MediaFacts, MediaNotFound, MediaState
from media.messages import captions_text, state_text
from media.rules import LARGEST_UPLOAD
from media.views.uploads import DESK_ROLES

PER_PAGE = 20
_TONES = {
    MediaState.UPLOADING: ("", "upload"),
    MediaState.QUEUED: ("warn", "hourglass"),
    MediaState.PACKAGING: ("brand", "loader"),
    MediaState.READY: ("ok", "circle-check"),
    MediaState.FAILED: ("bad", "circle-x"),
}
LANGUAGES = (("zh", "中文"), ("en", "English"))


@require_GET
@roles_required(*DESK_ROLES)
def desk(request: HttpRequest) -> HttpResponse:
    """All of a person's videos, or for htmx only the rows."""
    page = paginate(request, api.list_media(owner_id=request.user.pk or 0), per_page=PER_PAGE)
    rows = [_row(media) for media in page.items]
    context = {
        "page": page,
        "rows": rows,
        "busy": any(row["busy"] for row in rows),
        "nav_active": "media",
        "most": LARGEST_UPLOAD,
    }
    template = "media/rows.html" if request.headers.get("HX-Request") else "media/desk.html"
    return render(request, template, context)


@require_GET
@roles_required(*DESK_ROLES)
def video(request: HttpRequest, media_id: UUID) -> HttpResponse:
    """One video: state, length, captions, a look at it."""
    media = _own(request, media_id)
    ticket = None
    if media.ready:
        ticket = api.sign_playback(
            media_id=media_id, learner_id=media.owner_id, session_id="desk", now=timezone.now(), lifetime_s=3600
        )
    context = {
        "media": media,
        "row": _row(media),
        "ticket": ticket,
        "source_url": api.sign_source(media_id=media_id, owner_id=media.owner_id) if ticket else "",
        "languages": LANGUAGES,
        "nav_active": "media",
        "crumbs": [{"label": _("Videos"), "href": "/media-desk/"}, {"label": media.title}],
    }
    template = "media/state.html" if request.headers.get("HX-Request") else "media/video.html"
    return render(request, template, context)


@require_POST
@roles_required(*DESK_ROLES)
def captions(request: HttpRequest, media_id: UUID) -> HttpResponse:
    """The uploaded .vtt or .srt file is the video's captions."""
    _own(request, media_id)
    file = request.FILES.get("file")
    language = request.POST.get("language", "zh")
    if file is None or language not in dict(LANGUAGES):
        messages.error(request, _("Choose a captions file (.vtt or .srt) and its language."))
        return redirect("media:video", media_id)
    try:
        data = file.read(4 << 20)
        api.set_captions(media_id=media_id, owner_id=request.user.pk or 0, data=data, language=language)
    except CaptionsInvalid as error:
        messages.error(request, captions_text(error))
    except api.StoreUnreachable:
        messages.error(request, _("The video store does not answer. Try again in a few seconds."))
    else:
        messages.success(request, _("Learners see these captions from now on."))
    return redirect("media:video", media_id)


@require_POST
@roles_required(*DESK_ROLES)
def retry(request: HttpRequest, media_id: UUID) -> HttpResponse:
    """A video whose packaging failed waits to be packaged again."""
    _own(request, media_id)
    api.retry_packaging(media_id=media_id, owner_id=request.user.pk or 0, now=timezone.now())
    return redirect("media:desk")


@require_POST
@roles_required(*DESK_ROLES)
def remove(request: HttpRequest, media_id: UUID) -> HttpResponse:
    """A failed or unfinished video is gone."""
    try:
        api.remove_media(media_id=media_id, owner_id=request.user.pk or 0)
    except MediaNotFound as error:
        raise Http404 from error
    except api.StoreUnreachable:
        messages.error(request, _("The video store does not answer. Try again in a few seconds."))
    else:
        messages.success(request, _("The video has been removed."))
    return redirect("media:desk")


def _own(request: HttpRequest, media_id: UUID) -> MediaFacts:
    try:
        media = api.get_media(media_id=media_id)
    except MediaNotFound as error:
        raise Http404 from error
    if media.owner_id != request.user.pk:
        raise Http404
    return media


def _row(media: MediaFacts) -> dict[str, Any]:
    tone, icon = _TONES[media.state]
    minutes, seconds = divmod(media.seconds, 60)
    return {
        "media_id": media.media_id,
        "title": media.title,
        "state": media.state.value,
        "state_text": state_text(media.state),
        "tone": tone,
        "icon": icon,
        "progress": media.progress,
        "length": f"{minutes}:{seconds:02d}" if media.duration_ms else "",
        "error_text": media.error_text,
        "busy": media.state in (MediaState.QUEUED, MediaState.PACKAGING),
        "can_retry": media.can_retry,
        "can_remove": media.state in (MediaState.UPLOADING, MediaState.FAILED),
        "captions": dict(LANGUAGES).get(media.captions_language, ""),
    }
