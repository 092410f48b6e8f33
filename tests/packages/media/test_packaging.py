from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from lms.config.settings.environment import S3Place
from lms.notices import api as notices
from media import api, packaging, store
from media.data import MediaError, MediaFacts, MediaState
from media.models import MediaAsset, PackagingAttempt
from tests.packages.media.conftest import Trainer, run_ffmpeg

pytestmark = pytest.mark.django_db


def ingest(trainer: Trainer, path: Path, **more: object) -> MediaFacts:
    return api.ingest_file(
        path=path,
        title="触电急救",
        owner_id=trainer.person_id,
        organisation_id=trainer.organisation_id,
        now=timezone.now(),
        **more,  # type: ignore[arg-type]
    )


def package(media_id: UUID) -> MediaFacts:
    return api.package_now(media_id=media_id, clock=timezone.now)


def test_a_clip_becomes_two_qualities_of_exact_length(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=13, rate=25))
    assert (waiting.state, waiting.duration_ms) == (MediaState.QUEUED, 0)

    ready = package(waiting.media_id)

    assert (ready.state, ready.duration_ms, ready.seconds, ready.progress) == (MediaState.READY, 13_000, 13, 100)
    assert ready.has_poster
    asset = MediaAsset.objects.get(pk=waiting.media_id)
    small, large = asset.renditions
    assert [(r["name"], r["width"], r["height"], r["init"]) for r in (small, large)] == [
        ("360p", 640, 360, "init.mp4"),
        ("720p", 1280, 720, "init.mp4"),
    ]
    assert [s["length"] for s in small["segments"]] == ["6.000000", "6.000000", "1.000000"]
    assert [s["length"] for s in large["segments"]] == ["6.000000", "6.000000", "1.000000"]
    assert small["codecs"] == "avc1.42c01e,mp4a.40.2"
    assert 0 < small["bandwidth"] < large["bandwidth"]
    files = {f"{q}/{name}" for q in ("360p", "720p") for name in ("init.mp4", "00000.m4s", "00001.m4s", "00002.m4s")}
    assert set(store.list_keys(asset.prefix)) == {asset.prefix + name for name in files | {"poster.jpg"}}
    assert asset.lease_token is None
    assert list(PackagingAttempt.objects.values_list("outcome", "prefix")) == [("published", asset.prefix)]
    assert list((settings.STATE_DIR / "packaging").iterdir()) == []


def test_a_silent_tall_slow_clip_with_long_segments(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=45, size="90x160", rate=2, sound=False), slides=True)

    ready = package(waiting.media_id)

    assert (ready.state, ready.duration_ms) == (MediaState.READY, 45_000)
    small, large = MediaAsset.objects.get(pk=waiting.media_id).renditions
    assert (small["width"], small["height"], large["width"], large["height"]) == (360, 640, 720, 1280)
    assert [s["length"] for s in small["segments"]] == ["20.000000", "20.000000", "5.000000"]
    assert small["codecs"] == "avc1.42c016"


def _broken(folder: Path, clip: Path, kind: str) -> Path:
    path = folder / "lesson.mp4"
    data = clip.read_bytes()
    if kind == "text":
        path.write_text("这不是视频\n" * 500)
    elif kind == "playlist":
        path.write_text("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    elif kind == "half":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "half with its index first":
        run_ffmpeg("-i", str(clip), "-c", "copy", "-movflags", "+faststart", str(path))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "sound only":
        run_ffmpeg("-i", str(clip), "-vn", "-c", "copy", str(path))
    elif kind == "picture file":
        run_ffmpeg("-i", str(clip), "-frames:v", "1", str(folder / "a.png"))
        path.write_bytes((folder / "a.png").read_bytes())
    elif kind == "blink":
        run_ffmpeg("-i", str(clip), "-t", "0.4", "-c:v", "libx264", str(path))
    elif kind == "zeros":
        path.write_bytes(bytes(50_000))
    return path


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("text", MediaError.NOT_A_VIDEO, "不是视频"),
        ("playlist", MediaError.NOT_A_VIDEO, "不是视频"),
        ("picture file", MediaError.NOT_A_VIDEO, "不是视频"),
        ("zeros", MediaError.NOT_A_VIDEO, "不是视频"),
        ("half", MediaError.TRUNCATED, "不完整"),
        ("half with its index first", MediaError.TRUNCATED, "不完整"),
        ("sound only", MediaError.NO_PICTURE, "没有画面"),
        ("blink", MediaError.TOO_SHORT, "不到一秒"),
    ],
)
def test_a_broken_file_is_refused_in_plain_words(
    trainer: Trainer,
    bucket: S3Place,
    clips: Callable[..., Path],
    tmp_path: Path,
    kind: str,
    error: MediaError,
    words: str,
) -> None:
    waiting = ingest(trainer, _broken(tmp_path, clips(seconds=13), kind))

    failed = package(waiting.media_id)

    assert (failed.state, failed.error, failed.duration_ms) == (MediaState.FAILED, error, 0)
    assert words in failed.error_text
    asset = MediaAsset.objects.get(pk=waiting.media_id)
    assert (asset.prefix, asset.renditions, asset.lease_token) == ("", [], None)
    assert list(store.list_keys("hls/")) == []
    (notice,) = notices.inbox_of(person_id=trainer.person_id, language="zh-hans")
    assert notice.title == "视频《触电急救》处理失败"
    assert notice.body == failed.error_text
    assert api.package_next(clock=timezone.now) is None  # nobody tries again by itself


def test_two_workers_never_package_the_same_video(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=10))

    first = packaging.take_next(clock=timezone.now)
    second = packaging.take_next(clock=timezone.now)

    assert first is not None
    assert second is None
    assert packaging.package(first, clock=timezone.now) is MediaState.READY
    assert api.get_media(media_id=waiting.media_id).ready


def expire_lease(media_id: UUID) -> None:
    MediaAsset.objects.filter(pk=media_id).update(lease_until=Now() - timedelta(seconds=1))


def test_a_worker_whose_lease_was_taken_over_publishes_nothing(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    slow = packaging.take_next(clock=timezone.now)
    assert slow is not None
    stored = PackagingAttempt.objects.get().prefix + "360p/init.mp4"
    store.put_bytes(stored, b"half a video", content_type="video/mp4")
    expire_lease(waiting.media_id)
    quick = packaging.take_next(clock=timezone.now)
    assert quick is not None

    assert packaging.package(quick, clock=timezone.now) is MediaState.READY
    published = MediaAsset.objects.get(pk=waiting.media_id)
    assert packaging.package(slow, clock=timezone.now) is MediaState.PACKAGING

    after = MediaAsset.objects.get(pk=waiting.media_id)
    assert (after.state, after.prefix, after.renditions) == ("ready", published.prefix, published.renditions)
    outcomes = dict(PackagingAttempt.objects.values_list("token", "outcome"))
    assert outcomes == {slow.token: "lost", quick.token: "published"}
    later = timezone.now() + timedelta(minutes=5)
    assert api.sweep(clock=lambda: later) >= 1  # what the slow one stored is removed
    assert stored not in set(store.list_keys("hls/"))
    assert {key.split("/")[2] for key in store.list_keys("hls/")} == {after.prefix.split("/")[2]}
    assert api.sweep(clock=lambda: later) == 0


def test_a_video_that_keeps_killing_its_worker_is_given_up_and_can_be_retried(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    for _try in range(packaging.MOST_ATTEMPTS):
        assert packaging.take_next(clock=timezone.now) is not None
        expire_lease(waiting.media_id)

    assert packaging.take_next(clock=timezone.now) is None
    failed = api.get_media(media_id=waiting.media_id)
    assert (failed.state, failed.error) == (MediaState.FAILED, MediaError.GAVE_UP)

    again = api.retry_packaging(media_id=waiting.media_id, owner_id=trainer.person_id, now=timezone.now())
    assert again.state is MediaState.QUEUED
    assert package(waiting.media_id).ready


def test_a_source_that_vanished_is_named(trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    store.delete_key(MediaAsset.objects.get(pk=waiting.media_id).source_key)

    failed = package(waiting.media_id)

    assert (failed.state, failed.error) == (MediaState.FAILED, MediaError.SOURCE_MISSING)


def test_a_store_that_does_not_answer_only_delays(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    waiting = ingest(trainer, clips(seconds=10))
    place = settings.S3  # type: ignore[attr-defined]
    settings.S3 = replace(place, endpoint="http://127.0.0.1:9")  # type: ignore[attr-defined]
    delayed = package(waiting.media_id)
    settings.S3 = place  # type: ignore[attr-defined]

    asset = MediaAsset.objects.get(pk=waiting.media_id)
    assert (delayed.state, asset.attempts) == (MediaState.QUEUED, 0)
    assert asset.due_at is not None
    assert asset.due_at > timezone.now()
    assert package(waiting.media_id).state is MediaState.QUEUED  # not before its time
    later = timezone.now() + timedelta(minutes=1)
    assert api.package_now(media_id=waiting.media_id, clock=lambda: later).ready


def test_ingesting_the_same_id_again_changes_nothing(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    media_id = UUID("00000000-0000-4000-8000-000000000001")
    first = ingest(
        trainer, clips(seconds=10), media_id=media_id, captions=b"WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n"
    )
    package(media_id)

    again = ingest(trainer, clips(seconds=13), media_id=media_id)

    assert (again.media_id, again.state, again.duration_ms) == (first.media_id, MediaState.READY, 10_000)
    assert MediaAsset.objects.count() == 1
