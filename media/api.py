"""The door of media: bring a video in, package it, know its true length, let one learner play it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction

from media import packaging, playback, store, uploads
from media.data import (
    MediaError,
    MediaFacts,
    MediaNotFound,
    MediaState,
    PlaybackTicket,
    UnableToUpload,
    UploadPart,
    UploadSlot,
)
from media.files import PartedFile, discard_files, parted_file, sign_file
from media.messages import error_text
from media.models import MediaAsset
from media.packaging import Clock
from media.papers import forget_paper, keep_paper, read_paper
from media.rules import decode_captions, parse_captions, webvtt
from media.store import StoreUnreachable, check_ready
from media.uploads import PART_SECONDS

__all__ = [
    "PART_SECONDS",
    "PartedFile",
    "StoreUnreachable",
    "abandon_upload",
    "check_store_ready",
    "discard_files",
    "finish_upload",
    "forget_paper",
    "get_media",
    "get_media_many",
    "get_upload",
    "ingest_file",
    "keep_paper",
    "list_media",
    "package_next",
    "package_now",
    "parted_file",
    "read_paper",
    "remove_media",
    "retry_packaging",
    "set_captions",
    "sign_file",
    "sign_parts",
    "sign_playback",
    "sign_source",
    "start_upload",
    "sweep",
]


# --- uploads --------------------------------------------------------------------------------------------------------


def start_upload(
    *,
    name: str,
    size: int,
    content_type: str,
    owner_id: int,
    organisation_id: int,
    now: datetime,
    title: str = "",
    modified_ms: int = 0,
) -> tuple[UploadSlot, bool]:
    """An upload is open for this file, and whether it is new. Raises UnableToUpload, StoreUnreachable."""
    return uploads.open_upload(
        name=name,
        size=size,
        content_type=content_type,
        title=title,
        modified_ms=modified_ms,
        owner_id=owner_id,
        organisation_id=organisation_id,
        now=now,
    )


def get_upload(*, upload: UUID, owner_id: int) -> UploadSlot:
    """The open upload with its arrived parts. Raises MediaNotFound for anybody else's or a finished one."""
    asset = _open_upload(upload, owner_id)
    try:
        return uploads.slot_of(asset)
    except store.ObjectMissing as error:
        raise MediaNotFound(str(upload)) from error


def sign_parts(*, upload: UUID, owner_id: int, numbers: Sequence[int], now: datetime) -> dict[int, str]:
    """A presigned URL for each part number. Raises MediaNotFound, UnableToUpload."""
    return uploads.sign(_open_upload(upload, owner_id), numbers, now=now)


def finish_upload(*, upload: UUID, owner_id: int, parts: Sequence[UploadPart], now: datetime) -> MediaFacts:
    """The file is whole and waits to be packaged; again: nothing changes. Raises MediaNotFound, UnableToUpload."""
    asset = _own(upload, owner_id)
    if asset.state == MediaState.UPLOADING.value:
        try:
            uploads.complete(asset, parts, now=now)
        except store.ObjectMissing as error:
            # The store may have put the parts together although the answer was lost on its way.
            try:
                uploads.settle(upload, now=now)
            except store.ObjectMissing:
                raise MediaNotFound(str(upload)) from error
    return get_media(media_id=upload)


def abandon_upload(*, upload: UUID, owner_id: int) -> None:
    """The unfinished upload is gone. Raises MediaNotFound."""
    uploads.remove(_open_upload(upload, owner_id))


def ingest_file(
    *,
    path: Path,
    title: str,
    owner_id: int,
    organisation_id: int,
    now: datetime,
    media_id: UUID | None = None,
    captions: bytes | None = None,
    captions_language: str = "zh",
    slides: bool = False,
) -> MediaFacts:
    """The file of this machine is stored and waits to be packaged. A `media_id` that exists is left as it is.

    Raises UnableToUpload for an empty file, CaptionsInvalid.
    """
    key = media_id or uuid4()
    if MediaAsset.objects.filter(pk=key).exists():
        return get_media(media_id=key)
    size = path.stat().st_size
    if not size:
        raise UnableToUpload("empty")
    text = webvtt(parse_captions(decode_captions(captions))) if captions is not None else ""
    source = f"uploads/{key}/source"
    store.put_file(source, path, content_type="application/octet-stream")
    asset = MediaAsset(
        pk=key,
        title=title,
        owner_id=owner_id,
        organisation_id=organisation_id,
        file_name=path.name,
        size=size,
        source_key=source,
        state=MediaState.QUEUED.value,
        due_at=now,
        slides=slides,
        touched_at=now,
        created_at=now,
    )
    if text:
        asset.captions_key, asset.captions_language = _store_captions(key, text), captions_language
    asset.save(force_insert=True)
    return _facts(asset)


# --- packaging ------------------------------------------------------------------------------------------------------


def package_next(*, clock: Clock) -> UUID | None:
    """The video that waits longest has been packaged, refused or put back; its id, or None when none waits."""
    lease = packaging.take_next(clock=clock)
    if lease is None:
        return None
    packaging.package(lease, clock=clock)
    return lease.media_id


def package_now(*, media_id: UUID, clock: Clock) -> MediaFacts:
    """This video has been packaged if it waited and nobody else was at it; its facts afterwards."""
    lease = packaging.take_next(clock=clock, media_id=media_id)
    if lease is not None:
        packaging.package(lease, clock=clock)
    return get_media(media_id=media_id)


def retry_packaging(*, media_id: UUID, owner_id: int, now: datetime) -> MediaFacts:
    """A failed video whose source is still stored waits to be packaged again. Raises MediaNotFound."""
    with transaction.atomic():
        asset = _own(media_id, owner_id, locked=True)
        if asset.state == MediaState.FAILED.value and _facts(asset).can_retry:
            MediaAsset.objects.filter(pk=media_id).update(
                state=MediaState.QUEUED.value, due_at=now, attempts=0, progress=0, error_code="", error_detail=""
            )
    return get_media(media_id=media_id)


def remove_media(*, media_id: UUID, owner_id: int) -> None:
    """A failed or unfinished video is gone with its source. Raises MediaNotFound for any other."""
    asset = _own(media_id, owner_id)
    if asset.state == MediaState.UPLOADING.value:
        uploads.remove(asset)
        return
    if asset.state != MediaState.FAILED.value:
        raise MediaNotFound(str(media_id))
    for attempt in asset.tries.filter(cleaned_at=None):
        store.delete_prefix(attempt.prefix)
    store.delete_key(asset.source_key)
    asset.delete()


def sweep(*, clock: Clock) -> int:
    """Abandoned uploads, objects of unpublished tries and old working folders are gone; how many objects."""
    return uploads.sweep_abandoned(now=clock()) + packaging.clean_up(clock=clock)


# --- facts ----------------------------------------------------------------------------------------------------------


def get_media(*, media_id: UUID) -> MediaFacts:
    """The facts of one video. Raises MediaNotFound."""
    found = get_media_many(media_ids=(media_id,))
    if media_id not in found:
        raise MediaNotFound(str(media_id))
    return found[media_id]


def get_media_many(*, media_ids: Collection[UUID]) -> dict[UUID, MediaFacts]:
    """The facts by id, in one query; unknown ids are left out."""
    rows = MediaAsset.objects.filter(pk__in=set(media_ids)).defer("renditions", "error_detail")
    return {row.pk: _facts(row) for row in rows}


def list_media(*, owner_id: int) -> tuple[MediaFacts, ...]:
    """A person's videos, newest first."""
    rows = MediaAsset.objects.filter(owner_id=owner_id).defer("renditions", "error_detail")
    return tuple(_facts(row) for row in rows.order_by("-created_at", "pk"))


def set_captions(*, media_id: UUID, owner_id: int, data: bytes, language: str) -> MediaFacts:
    """Learners see these captions (WebVTT or SubRip) from now on. Raises MediaNotFound, CaptionsInvalid."""
    text = webvtt(parse_captions(decode_captions(data)))
    asset = _own(media_id, owner_id)
    before = asset.captions_key
    key = _store_captions(media_id, text)
    MediaAsset.objects.filter(pk=media_id).update(captions_key=key, captions_language=language)
    if before:
        store.delete_key(before)
    return get_media(media_id=media_id)


# --- playback -------------------------------------------------------------------------------------------------------


def sign_playback(
    *, media_id: UUID, learner_id: int, session_id: str, now: datetime, lifetime_s: int = 300
) -> PlaybackTicket:
    """The learner, and nobody else, can play the video until the ticket ends. Raises UnableToPlay."""
    return playback.issue_ticket(
        playback.playable(media_id),
        learner_id=learner_id,
        session_id=session_id,
        now=now,
        lifetime=timedelta(seconds=lifetime_s),
    )


def sign_source(*, media_id: UUID, owner_id: int) -> str:
    """The owner can look at the uploaded file itself for ten minutes. Raises MediaNotFound."""
    asset = _own(media_id, owner_id)
    return store.presign_get(asset.source_key, seconds=playback.SEGMENT_SECONDS, content_type="video/mp4")


# --- the store ------------------------------------------------------------------------------------------------------


def check_store_ready() -> None:
    """A random token was written and read back. Raises StoreUnreachable."""
    check_ready()


def _own(media_id: UUID, owner_id: int, *, locked: bool = False) -> MediaAsset:
    rows = MediaAsset.objects.select_for_update() if locked else MediaAsset.objects.all()
    asset = rows.filter(pk=media_id, owner_id=owner_id).first()
    if asset is None:
        raise MediaNotFound(str(media_id))
    return asset


def _open_upload(upload: UUID, owner_id: int) -> MediaAsset:
    asset = _own(upload, owner_id)
    if asset.state != MediaState.UPLOADING.value:
        raise MediaNotFound(str(upload))
    return asset


def _store_captions(media_id: UUID, text: str) -> str:
    key = f"captions/{media_id}/{uuid4().hex}.vtt"
    store.put_bytes(key, text.encode(), content_type="text/vtt; charset=utf-8")
    return key


def _facts(asset: MediaAsset) -> MediaFacts:
    error = MediaError(asset.error_code) if asset.error_code else None
    return MediaFacts(
        media_id=asset.pk,
        title=asset.title,
        state=MediaState(asset.state),
        owner_id=asset.owner_id,
        organisation_id=asset.organisation_id,
        duration_ms=asset.duration_ms,
        progress=asset.progress,
        has_poster=asset.has_poster,
        captions_language=asset.captions_language,
        error=error,
        error_text=error_text(error),
    )
