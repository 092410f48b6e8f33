"""From an uploaded source to what learners play: leased, restartable, published by one UPDATE.

A worker may be killed at any moment. What it has written lies under a prefix of its own that nothing points to;
its lease runs out; another try starts under a new prefix. Leases live by the database's clock, which all workers share.
"""

from __future__ import annotations

import secrets
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import override

from lms.accounts import api as accounts
from lms.lib.localday import to_ms
from lms.notices.data import NoticeKind
from media import ffmpeg, store
from media.data import MediaError, MediaState
from media.messages import error_text
from media.models import MediaAsset, PackagingAttempt
from media.rules import (
    Rendition,
    SourceFacts,
    duration_ms,
    judge_length,
    parse_playlist,
    peak_bandwidth,
    read_init,
    read_source,
)

Clock = Callable[[], datetime]
LEASE = timedelta(seconds=60)
KEEP_EVERY_SECONDS = 5.0
MOST_ATTEMPTS = 5
PAUSE_AFTER_TROUBLE = timedelta(seconds=20)
_ENCODING_SHARE = 90  # percent of the progress bar; the rest is storing
_CONTENT_TYPES = {".m4s": "video/iso.segment", ".mp4": "video/mp4", ".jpg": "image/jpeg"}

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class LeaseLost(RuntimeError):
    """Another worker has taken this video over; stop and touch nothing."""


class SourceRefused(ValueError):
    """The source can't become a lesson, however often we try."""

    def __init__(self, error: MediaError, detail: str = "") -> None:
        super().__init__(error.value)
        self.error = error
        self.detail = detail


class Lease:
    """One worker's right to package one video. `keep` renews it and tells everybody how far the work is."""

    def __init__(self, media_id: uuid.UUID, token: uuid.UUID) -> None:
        self.media_id = media_id
        self.token = token
        self._kept = time.monotonic()

    def keep(self, progress: int | None = None) -> None:
        """The lease holds for another minute. Cheap to call often. Raises LeaseLost."""
        if time.monotonic() - self._kept < KEEP_EVERY_SECONDS:
            return
        change: dict[str, Any] = {"lease_until": Now() + LEASE}
        if progress is not None:
            change["progress"] = progress
        if not self.mine().update(**change):
            raise LeaseLost(str(self.media_id))
        self._kept = time.monotonic()

    def mine(self) -> Any:
        return MediaAsset.objects.filter(pk=self.media_id, lease_token=self.token, state=MediaState.PACKAGING.value)


def take_next(*, clock: Clock, media_id: uuid.UUID | None = None) -> Lease | None:
    """The lease of the video that waits longest, or of this one; None when none is free. Gives up hopeless ones."""
    now = clock()
    waiting = Q(state=MediaState.QUEUED.value, due_at__lte=now) | Q(
        state=MediaState.PACKAGING.value, lease_until__lt=Now()
    )
    with transaction.atomic():
        free = MediaAsset.objects.filter(waiting).order_by("due_at", "created_at")
        if media_id is not None:
            free = free.filter(pk=media_id)
        asset = free.select_for_update(skip_locked=True).defer("renditions").first()
        if asset is None:
            return None
        _mark_lost(asset.pk, now)
        if asset.attempts >= MOST_ATTEMPTS:
            _fail(asset, MediaAsset.objects.filter(pk=asset.pk), MediaError.GAVE_UP, "", now)
            return None
        token = uuid.uuid4()
        MediaAsset.objects.filter(pk=asset.pk).update(
            state=MediaState.PACKAGING.value,
            lease_token=token,
            lease_until=Now() + LEASE,
            attempts=F("attempts") + 1,
            progress=0,
            error_code="",
            error_detail="",
        )
        PackagingAttempt.objects.create(
            media_id=asset.pk, token=token, prefix=f"hls/{asset.pk}/{secrets.token_hex(16)}/", started_at=now
        )
    return Lease(asset.pk, token)


def package(lease: Lease, *, clock: Clock) -> MediaState:
    """The leased video is ready, failed with its reason, or queued again; nothing half-done is visible."""
    attempt = PackagingAttempt.objects.get(token=lease.token)
    asset = MediaAsset.objects.defer("renditions").get(pk=lease.media_id)
    room = _workroom(lease.token)
    outcome, detail = PackagingAttempt.Outcome.FAILED, ""
    try:
        _publish(lease, attempt, _package_in(room, asset, attempt.prefix, lease), clock())
    except LeaseLost:
        outcome = PackagingAttempt.Outcome.LOST
        return MediaState.PACKAGING
    except SourceRefused as refusal:
        detail = refusal.detail
        _fail(asset, lease.mine(), refusal.error, detail, clock())
        log.info("media_refused", media=str(asset.pk), error=refusal.error.value)
        return MediaState.FAILED
    except (store.StoreUnreachable, ffmpeg.FfmpegStalled, OSError) as trouble:
        detail = f"{type(trouble).__name__}: {trouble}"
        _queue_again(lease, clock(), to_blame=isinstance(trouble, ffmpeg.FfmpegStalled))
        log.warning("media_packaging_interrupted", media=str(asset.pk), reason=type(trouble).__name__)
        return MediaState.QUEUED
    else:
        return MediaState.READY
    finally:
        shutil.rmtree(room, ignore_errors=True)
        if attempt.outcome == PackagingAttempt.Outcome.RUNNING:
            _close(attempt, outcome, detail, clock())


def clean_up(*, clock: Clock) -> int:
    """Objects of unpublished tries and the working folders of dead workers are gone; how many objects there were."""
    removed = 0
    dead = Q(outcome__in=[PackagingAttempt.Outcome.FAILED, PackagingAttempt.Outcome.LOST], cleaned_at=None)
    # A worker whose lease was lost may still be storing its last objects: wait until it must have noticed.
    for attempt in PackagingAttempt.objects.filter(dead, finished_at__lt=clock() - LEASE).order_by("pk")[:20]:
        removed += store.delete_prefix(attempt.prefix)
        PackagingAttempt.objects.filter(pk=attempt.pk).update(cleaned_at=clock())
    _sweep_workrooms()
    return removed


def _publish(lease: Lease, attempt: PackagingAttempt, published: dict[str, Any], now: datetime) -> None:
    """The one UPDATE by which learners get the video; a worker that lost its lease changes nothing."""
    with transaction.atomic():
        if not lease.mine().update(**published, ready_at=now):
            raise LeaseLost(str(lease.media_id))
        _close(attempt, PackagingAttempt.Outcome.PUBLISHED, "", now)
    log.info("media_packaged", media=str(lease.media_id), duration_ms=published["duration_ms"])


def _package_in(room: Path, asset: MediaAsset, prefix: str, lease: Lease) -> dict[str, Any]:
    """Everything that the publishing UPDATE writes; all objects are stored."""
    source, out = room / "source", room / "out"
    out.mkdir(parents=True)
    _fetch(asset, source, lease)
    facts = _examine(source)
    total = facts.declared_ms

    def tick(done_ms: int) -> None:
        share = min(_ENCODING_SHARE, done_ms * _ENCODING_SHARE // total) if total else None
        lease.keep(share)

    try:
        ffmpeg.run(ffmpeg.package_arguments(source, out, facts, slides=asset.slides), tick=tick)
        renditions = [_rendition(out / quality.name, quality.name) for quality in ffmpeg.QUALITIES]
    except ffmpeg.FfmpegStalled:
        raise
    except (ffmpeg.FfmpegFailed, FileNotFoundError, ValueError) as error:
        raise SourceRefused(MediaError.DAMAGED, str(error)) from error
    length = min(duration_ms(rendition.segments) for rendition in renditions)
    fault = judge_length(declared_ms=facts.declared_ms, packaged_ms=length)
    if fault is not None:
        raise SourceRefused(fault, f"declared {facts.declared_ms} ms, packaged {length} ms")
    has_poster = _poster(source, out / "poster.jpg", length, lease)
    _store_all(out, prefix, lease)
    return {
        "state": MediaState.READY.value,
        "prefix": prefix,
        "renditions": [asdict(rendition) for rendition in renditions],
        "duration_ms": length,
        "has_poster": has_poster,
        "progress": 100,
        "lease_token": None,
        "lease_until": None,
        "due_at": None,
        "error_code": "",
        "error_detail": "",
    }


def _fetch(asset: MediaAsset, source: Path, lease: Lease) -> None:
    if shutil.disk_usage(source.parent).free < asset.size * 2:
        raise OSError("not enough room for the source")
    try:
        got = store.get_file(asset.source_key, source, seen=lease.keep)
    except store.ObjectMissing as error:
        raise SourceRefused(MediaError.SOURCE_MISSING) from error
    if got != asset.size:
        raise store.StoreUnreachable(f"{got} of {asset.size} bytes arrived")


def _examine(source: Path) -> SourceFacts:
    with source.open("rb") as file:
        head = file.read(16)
    words = ffmpeg.describe(source)
    facts = read_source(words, head=head)
    if isinstance(facts, MediaError):
        raise SourceRefused(facts, words[-2000:])
    return facts


def _rendition(folder: Path, name: str) -> Rendition:
    init, segments = parse_playlist((folder / "index.m3u8").read_text())
    picture = read_init((folder / init).read_bytes())
    sound = b"mp4a" in (folder / init).read_bytes()
    sizes = [(folder / segment.name).stat().st_size for segment in segments]
    return Rendition(
        name=name,
        width=picture.width,
        height=picture.height,
        bandwidth=peak_bandwidth(segments, sizes),
        codecs=f"{picture.codec},mp4a.40.2" if sound else picture.codec,
        init=init,
        segments=segments,
    )


def _poster(source: Path, poster: Path, length_ms: int, lease: Lease) -> bool:
    try:
        ffmpeg.run(
            ffmpeg.poster_arguments(source, poster, at_ms=min(3000, length_ms // 3)), tick=lambda _ms: lease.keep()
        )
    except ffmpeg.FfmpegStalled:
        raise
    except ffmpeg.FfmpegFailed:
        return False
    return poster.exists()


def _store_all(out: Path, prefix: str, lease: Lease) -> None:
    files = sorted(path for path in out.rglob("*") if path.suffix in _CONTENT_TYPES)
    for number, path in enumerate(files):
        key = prefix + path.relative_to(out).as_posix()
        store.put_file(key, path, content_type=_CONTENT_TYPES[path.suffix])
        lease.keep(_ENCODING_SHARE + (99 - _ENCODING_SHARE) * number // len(files))


def _mark_lost(media_id: uuid.UUID, now: datetime) -> None:
    running = PackagingAttempt.objects.filter(media_id=media_id, outcome=PackagingAttempt.Outcome.RUNNING)
    running.update(outcome=PackagingAttempt.Outcome.LOST, finished_at=now)


def _close(attempt: PackagingAttempt, outcome: PackagingAttempt.Outcome, detail: str, now: datetime) -> None:
    """The try is over. Whatever it stored since a first cleaning is cleaned again."""
    attempt.outcome, attempt.detail, attempt.finished_at, attempt.cleaned_at = outcome, detail[:4000], now, None
    attempt.save(update_fields=["outcome", "detail", "finished_at", "cleaned_at"])


def _fail(asset: MediaAsset, still_ours: Any, error: MediaError, detail: str, now: datetime) -> None:
    """The video has failed and its owner knows why, in the owner's language; a taken-over video is left alone."""
    with transaction.atomic():
        failed = still_ours.update(
            state=MediaState.FAILED.value,
            error_code=error.value,
            error_detail=detail[:4000],
            lease_token=None,
            lease_until=None,
            due_at=None,
        )
        if failed:
            with override(accounts.addresses_for(person_id=asset.owner_id).language):
                reason = error_text(error)
            accounts.notify(
                person_id=asset.owner_id,
                kind=NoticeKind.UPLOAD_FAILED,
                params={"media": asset.title, "reason": reason},
                key=f"media.failed:{asset.pk}:{to_ms(now)}",
                now=now,
            )


def _queue_again(lease: Lease, now: datetime, *, to_blame: bool) -> None:
    """An absent store or a full disk is not the video's fault and doesn't use up its tries."""
    lease.mine().update(
        attempts=F("attempts") if to_blame else F("attempts") - 1,
        state=MediaState.QUEUED.value,
        due_at=now + PAUSE_AFTER_TROUBLE,
        lease_token=None,
        lease_until=None,
        progress=0,
    )


def _workrooms() -> Path:
    path: Path = settings.STATE_DIR / "packaging"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _workroom(token: uuid.UUID) -> Path:
    _sweep_workrooms(but=token)
    room = _workrooms() / str(token)
    room.mkdir()
    return room


def _sweep_workrooms(but: uuid.UUID | None = None) -> None:
    """No folder of a worker without a lease is left. Folders of living workers on this machine stay."""
    living = set(
        MediaAsset.objects.filter(lease_token__isnull=False, lease_until__gte=Now()).values_list(
            "lease_token", flat=True
        )
    )
    for room in _workrooms().iterdir():
        if room.name not in {str(token) for token in living | {but}}:
            shutil.rmtree(room, ignore_errors=True)
