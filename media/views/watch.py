"""Playlists, captions and posters of one ticket, and fresh addresses of segments for native players."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.web.api import problem
from media import api, playback, store
from media.data import UnableToPlay
from media.models import MediaAsset
from media.views.uploads import refused

_PLAYLIST = "application/vnd.apple.mpegurl"


def playback_file(request: HttpRequest, token: str, file: str) -> HttpResponse:
    """Playlists, captions, poster and (for native players) segments of one ticket."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        grant = playback.open_ticket(token, person_id=request.user.pk, now=timezone.now())
        answer = _playback_answer(playback.playable(grant.media_id), file.split("/"))
    except UnableToPlay:
        return problem(
            request,
            status=403,
            code="playback_refused",
            title=_("This address does not play"),
            detail=_("It has ended, was changed, or was made for another person. Open the lesson again."),
        )
    except api.StoreUnreachable as error:
        return refused(request, error)
    answer["Cache-Control"] = "private, no-store"
    return answer


def _playback_answer(asset: MediaAsset, parts: list[str]) -> HttpResponse:
    match parts:
        case ["master.m3u8"]:
            return HttpResponse(playback.master_text(asset, native=False), content_type=_PLAYLIST)
        case ["native.m3u8"]:
            return HttpResponse(playback.master_text(asset, native=True), content_type=_PLAYLIST)
        case [("signed" | "native") as form, quality, "index.m3u8"]:
            text = playback.media_text(asset, quality, native=form == "native")
            return HttpResponse(text, content_type=_PLAYLIST)
        case ["native", quality, name]:
            return HttpResponseRedirect(playback.segment_url(asset, quality, name))
        case ["captions.vtt"] if asset.captions_key:
            return HttpResponse(store.get_bytes(asset.captions_key), content_type="text/vtt; charset=utf-8")
        case ["poster.jpg"] if asset.has_poster:
            return HttpResponse(store.get_bytes(f"{asset.prefix}poster.jpg"), content_type="image/jpeg")
    raise Http404
