from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from lms.config.settings.environment import S3Place
from media import api, store, tasks
from media.data import MediaFacts
from media.models import MediaAsset
from tests.packages.media.conftest import Trainer, make_trainer, open_account
from tests.packages.media.test_packaging import ingest

pytestmark = pytest.mark.django_db


def text_of(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.content[:300]
    body: str = answer.content.decode()
    assert " style=" not in body
    return body


@pytest.fixture
def renamed_text(trainer: Trainer, bucket: S3Place, tmp_path: Path) -> MediaFacts:
    path = tmp_path / "第2讲.mp4"
    path.write_text("这不是视频\n" * 100)
    waiting = ingest(trainer, path)
    return api.package_now(media_id=waiting.media_id, clock=timezone.now)


def test_the_desk_shows_each_video_with_its_state(
    trainer: Trainer, renamed_text: MediaFacts, clips: Callable[..., Path]
) -> None:
    ingest(trainer, clips(seconds=10))
    page = text_of(trainer.client, "/media-desk/")
    assert "排队等待转码" in page
    assert "这个文件不是视频" in page
    assert "data-poll-done" not in page  # something is under way

    tasks.package_next()

    rows = text_of(trainer.client, "/media-desk/", **{"HX-Request": "true"})
    assert "<html" not in rows
    assert "可以使用 · 0:10" in rows
    assert "data-poll-done" in rows


def test_a_progress_bar_tells_how_far_packaging_is(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    MediaAsset.objects.filter(pk=waiting.media_id).update(
        state="packaging", progress=43, lease_token=uuid4(), lease_until=timezone.now()
    )
    assert 'value="43"' in text_of(trainer.client, "/media-desk/")
    facts = trainer.client.get(f"/api/v1/media/{waiting.media_id}/").json()
    assert (facts["state"], facts["state_text"], facts["progress"]) == ("packaging", "正在转码", 43)


def test_captions_are_checked_and_then_shown(trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    address = f"/media-desk/{waiting.media_id}/captions/"

    def upload(data: bytes, language: str = "zh") -> str:
        file = SimpleUploadedFile("a.srt", data)
        answer = trainer.client.post(address, {"file": file, "language": language}, follow=True)
        return str(answer.content.decode())

    assert "字幕第 2 行无法识别" in upload(b"1\n00:00:99,000 --> 00:01:00,000\nx\n")
    assert "文件里没有字幕" in upload(b"hello")
    assert MediaAsset.objects.get().captions_key == ""
    assert "字幕已更新" in upload("1\n00:00:01,000 --> 00:00:02,000\n先断电\n".encode())
    first = MediaAsset.objects.get().captions_key
    assert "字幕已更新" in upload("1\n00:00:01,000 --> 00:00:02,000\n再救人\n".encode())
    second = MediaAsset.objects.get()
    assert store.get_bytes(second.captions_key).decode().endswith("再救人\n")
    assert (second.captions_language, first != second.captions_key) == ("zh", True)
    assert list(store.list_keys("captions/")) == [second.captions_key]
    assert "请选择字幕文件" in upload(b"x", language="fr")
    assert trainer.client.post(address, {"language": "zh"}, follow=True).status_code == 200


def test_a_failed_video_can_be_removed_with_everything_it_stored(trainer: Trainer, renamed_text: MediaFacts) -> None:
    answer = trainer.client.post(f"/media-desk/{renamed_text.media_id}/remove/", follow=True)

    assert "视频已删除" in answer.content.decode()
    assert MediaAsset.objects.count() == 0
    assert list(store.list_keys("uploads/")) == []


def test_a_video_that_is_ready_or_waits_cannot_be_removed(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = ingest(trainer, clips(seconds=10))
    assert trainer.client.post(f"/media-desk/{waiting.media_id}/remove/").status_code == 404
    api.package_now(media_id=waiting.media_id, clock=timezone.now)
    assert trainer.client.post(f"/media-desk/{waiting.media_id}/remove/").status_code == 404
    page = text_of(trainer.client, f"/media-desk/{waiting.media_id}/")
    assert "native.m3u8" in page
    assert "实际时长 0:10" in page


def test_a_retry_does_not_touch_a_file_that_is_no_video(trainer: Trainer, renamed_text: MediaFacts) -> None:
    trainer.client.post(f"/media-desk/{renamed_text.media_id}/retry/")
    assert api.get_media(media_id=renamed_text.media_id).state.value == "failed"


def test_only_the_owner_comes_to_a_video(trainer: Trainer, renamed_text: MediaFacts) -> None:
    colleague = make_trainer(trainer.organisation_id).client
    learner = open_account("王建国")[1]
    place = f"/media-desk/{renamed_text.media_id}/"
    for client in (colleague, learner):
        assert client.get(place).status_code == 404
        for action in ("captions/", "retry/", "remove/"):
            assert client.post(place + action).status_code == 404
    assert learner.get("/media-desk/").status_code == 404
    assert Client().get("/media-desk/")["Location"].startswith("/accounts/login/")
    assert colleague.get("/media-desk/").status_code == 200
    assert trainer.client.get(f"/media-desk/{UUID(int=1)}/").status_code == 404
    assert MediaAsset.objects.count() == 1
