"""Signed playback: who may fetch which playlist until when. The token is worthless to anybody but its learner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.urls import reverse

from lms.lib.localday import from_ms, to_ms
from media import store
from media.data import MediaState, PlaybackGrant, PlaybackTicket, UnableToPlay
from media.models import MediaAsset
from media.rules import Rendition, Segment, master_playlist, media_playlist

SALT = "media.playback.1"
SEGMENT_SECONDS = 600
LONGEST_TICKET = timedelta(hours=12)


def issue_ticket(
    asset: MediaAsset, *, learner_id: int, session_id: str, now: datetime, lifetime: timedelta
) -> PlaybackTicket:
    """The learner can play the video until the ticket ends."""
    expires_at = from_ms(to_ms(now + min(lifetime, LONGEST_TICKET)))
    token = signing.dumps([str(asset.pk), learner_id, session_id, to_ms(expires_at)], salt=SALT)

    def address(file: str) -> str:
        return reverse("media:playback", args=(token, file))

    return PlaybackTicket(
        token=token,
        master_url=address("master.m3u8"),
        native_url=address("native.m3u8"),
        poster_url=address("poster.jpg") if asset.has_poster else "",
        captions_url=address("captions.vtt") if asset.captions_key else "",
        captions_language=asset.captions_language,
        duration_ms=asset.duration_ms,
        expires_at=expires_at,
    )


def open_ticket(token: str, *, person_id: int | None, now: datetime) -> PlaybackGrant:
    """What the token grants to this person now. Raises UnableToPlay."""
    try:
        media_id, learner_id, session_id, expires_ms = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise UnableToPlay("forged") from error
    if from_ms(expires_ms) <= now:
        raise UnableToPlay("expired")
    if person_id != learner_id:
        raise UnableToPlay("other_person")
    return PlaybackGrant(
        media_id=UUID(media_id), learner_id=learner_id, session_id=session_id, expires_at=from_ms(expires_ms)
    )


def master_text(asset: MediaAsset, *, native: bool) -> str:
    """The playlist of qualities with addresses relative to itself, so that the token stays in the path."""
    form = "native" if native else "signed"
    return master_playlist(_renditions(asset), lambda rendition: f"{form}/{rendition.name}/index.m3u8")


def media_text(asset: MediaAsset, quality: str, *, native: bool) -> str:
    """The playlist of one quality. Raises UnableToPlay for an unknown one."""
    rendition = _rendition(asset, quality)
    address: Callable[[str], str]
    if native:
        address = lambda name: name  # noqa: E731  beside the playlist: /native/360p/00000.m4s
    else:
        sign = store.signer(seconds=SEGMENT_SECONDS)
        address = lambda name: sign(f"{asset.prefix}{quality}/{name}")  # noqa: E731
    return media_playlist(rendition, address)


def segment_url(asset: MediaAsset, quality: str, name: str) -> str:
    """A fresh presigned URL of one file of one quality. Raises UnableToPlay for an unknown one."""
    rendition = _rendition(asset, quality)
    if name != rendition.init and all(segment.name != name for segment in rendition.segments):
        raise UnableToPlay("unknown_segment")
    return store.presign_get(f"{asset.prefix}{quality}/{name}", seconds=SEGMENT_SECONDS)


def playable(media_id: UUID) -> MediaAsset:
    """The published video. Raises UnableToPlay."""
    asset = MediaAsset.objects.filter(pk=media_id, state=MediaState.READY.value).first()
    if asset is None:
        raise UnableToPlay("not_ready")
    return asset


def _renditions(asset: MediaAsset) -> tuple[Rendition, ...]:
    return tuple(_from_json(value) for value in asset.renditions)


def _rendition(asset: MediaAsset, name: str) -> Rendition:
    for value in asset.renditions:
        if value["name"] == name:
            return _from_json(value)
    raise UnableToPlay("unknown_quality")


def _from_json(value: dict[str, Any]) -> Rendition:
    return Rendition(**{**value, "segments": tuple(Segment(**segment) for segment in value["segments"])})
