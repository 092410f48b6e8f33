from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from lms.config.settings.environment import S3Place
from media import api, store
from media.data import MediaError, MediaState
from media.models import MediaAsset
from media.rules import MEBIBYTE
from tests.packages.media.conftest import Trainer, make_trainer, open_account

pytestmark = pytest.mark.django_db
UPLOADS = "/api/v1/media/uploads/"


def post(client: Client, address: str, body: Any) -> HttpResponse:
    return client.post(address, json.dumps(body), content_type="application/json")  # type: ignore[return-value]


def content(size: int) -> bytes:
    block = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(32768))
    return (block * (size // len(block) + 1))[:size]


def begin(trainer: Trainer, data: bytes, **more: Any) -> dict[str, Any]:
    body = {"name": "第1讲.mp4", "size": len(data), "content_type": "video/mp4", **more}
    answer = post(trainer.client, UPLOADS, body)
    assert answer.status_code in (200, 201), answer.content
    slot: dict[str, Any] = json.loads(answer.content)
    return slot


def send(trainer: Trainer, slot: dict[str, Any], data: bytes, *numbers: int) -> list[dict[str, Any]]:
    answer = post(trainer.client, f"{UPLOADS}{slot['upload']}/parts/", {"numbers": list(numbers)})
    assert answer.status_code == 200, answer.content
    sent = []
    for part in json.loads(answer.content)["urls"]:
        start = (part["number"] - 1) * slot["part_size"]
        put = requests.put(part["url"], data=data[start : start + slot["part_size"]], timeout=30)
        assert put.status_code == 200
        sent.append({"number": part["number"], "etag": put.headers["ETag"]})
    return sent


def finish(trainer: Trainer, slot: dict[str, Any], parts: list[dict[str, Any]]) -> HttpResponse:
    return post(trainer.client, f"{UPLOADS}{slot['upload']}/complete/", {"parts": parts})


def test_an_interrupted_upload_goes_on_where_it_stopped(trainer: Trainer, bucket: S3Place) -> None:
    data = content(20 * MEBIBYTE + 12345)
    slot = begin(trainer, data, modified_ms=1700000000000)
    assert (slot["part_size"], slot["parts_total"], slot["parts_done"]) == (8 * MEBIBYTE, 3, [])
    first = send(trainer, slot, data, 2)

    # the browser was closed; the same file is chosen again
    again = begin(trainer, data, modified_ms=1700000000000)
    assert again["upload"] == slot["upload"]
    assert [(p["number"], p["size"], p["etag"]) for p in again["parts_done"]] == [
        (2, 8 * MEBIBYTE, first[0]["etag"].strip('"'))
    ]
    too_early = finish(trainer, again, first)
    assert too_early.status_code == 422
    assert "还有 2 片没有收到" in json.loads(too_early.content)["detail"]

    rest = send(trainer, again, data, 1, 3)
    done = finish(trainer, again, [*first, *rest])

    assert done.status_code == 202
    assert json.loads(done.content)["state"] == "queued"
    asset = MediaAsset.objects.get()
    assert (asset.state, asset.title, asset.size) == ("queued", "第1讲", len(data))
    assert store.get_bytes(asset.source_key) == data
    # a repeated click answers the same and changes nothing
    assert finish(trainer, again, rest).status_code == 202
    assert MediaAsset.objects.count() == 1


def test_another_file_of_the_same_name_is_another_upload(trainer: Trainer, bucket: S3Place) -> None:
    first = begin(trainer, content(1000), modified_ms=1)
    assert begin(trainer, content(1000), modified_ms=2)["upload"] != first["upload"]
    assert begin(trainer, content(1001), modified_ms=1)["upload"] != first["upload"]
    assert begin(trainer, content(1000), modified_ms=1)["upload"] == first["upload"]


def test_an_answer_lost_after_the_store_had_finished_is_settled_by_the_repeat(
    trainer: Trainer, bucket: S3Place
) -> None:
    data = content(9 * MEBIBYTE)
    slot = begin(trainer, data)
    sent = send(trainer, slot, data, 1, 2)
    asset = MediaAsset.objects.get()
    store.finish_multipart(asset.source_key, asset.upload_id, store.list_parts(asset.source_key, asset.upload_id))

    assert finish(trainer, slot, sent).status_code == 202
    assert MediaAsset.objects.get().state == "queued"


def test_a_part_that_is_not_what_the_browser_says_is_refused(trainer: Trainer, bucket: S3Place) -> None:
    data = content(1000)
    slot = begin(trainer, data)
    send(trainer, slot, data, 1)

    refused = finish(trainer, slot, [{"number": 1, "etag": "0" * 32}])

    assert refused.status_code == 422
    assert MediaAsset.objects.get().state == "uploading"


def test_a_short_part_does_not_count_as_arrived(trainer: Trainer, bucket: S3Place) -> None:
    slot = begin(trainer, content(1000))
    send(trainer, slot, content(400), 1)  # the network broke off, the store kept what came

    assert begin(trainer, content(1000))["parts_done"] == []
    assert finish(trainer, slot, []).status_code == 422


def test_strangers_learn_nothing_about_an_upload(trainer: Trainer, bucket: S3Place) -> None:
    slot = begin(trainer, content(1000))
    address = f"{UPLOADS}{slot['upload']}/"
    colleague = make_trainer(trainer.organisation_id).client
    learner = open_account("王建国")[1]

    for client, status in ((colleague, 404), (learner, 404), (Client(), 401)):
        assert client.get(address).status_code == status
        assert client.delete(address).status_code == status
        assert post(client, address + "parts/", {"numbers": [1]}).status_code == status
        assert post(client, address + "complete/", {"parts": []}).status_code == status
        assert client.get(f"/api/v1/media/{slot['upload']}/").status_code == status
    assert post(learner, UPLOADS, {"name": "a", "size": 1}).status_code == 404
    assert trainer.client.get(f"{UPLOADS}{uuid4()}/").status_code == 404
    assert MediaAsset.objects.get().state == "uploading"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "a.mp4", "size": 0}, 422),
        ({"name": "a.mp4", "size": 9 * 1024 * MEBIBYTE}, 422),
        ({"name": "   ", "size": 5}, 422),
        ({"name": "", "size": 5}, 400),
        ({"name": "a\x00b", "size": 5}, 400),
        ({"name": "a.mp4", "size": -1}, 400),
        ({"name": "a.mp4", "size": 10**40}, 400),
        ({"name": "a.mp4", "size": "5"}, 400),
        ({"name": "a.mp4", "size": 5, "owner": 1}, 400),
        ({"name": "a.mp4", "size": 5, "organisation": 999999}, 404),
        ([], 400),
    ],
)
def test_nonsense_is_refused_in_words(trainer: Trainer, bucket: S3Place, body: Any, status: int) -> None:
    answer = post(trainer.client, UPLOADS, body)

    assert answer.status_code == status
    assert MediaAsset.objects.count() == 0


def test_part_numbers_outside_the_file_are_refused(trainer: Trainer, bucket: S3Place) -> None:
    slot = begin(trainer, content(1000))
    address = f"{UPLOADS}{slot['upload']}/parts/"
    assert post(trainer.client, address, {"numbers": [2]}).status_code == 422
    for numbers in ([0], [], list(range(1, 60)), ["1"]):
        assert post(trainer.client, address, {"numbers": numbers}).status_code == 400


def test_a_removed_upload_leaves_nothing_behind(trainer: Trainer, bucket: S3Place) -> None:
    slot = begin(trainer, content(1000))
    asset = MediaAsset.objects.get()

    assert trainer.client.delete(f"{UPLOADS}{slot['upload']}/").status_code == 204

    assert MediaAsset.objects.count() == 0
    with pytest.raises(store.ObjectMissing):
        store.list_parts(asset.source_key, asset.upload_id)


def test_an_upload_that_stood_still_for_a_week_is_swept(trainer: Trainer, bucket: S3Place) -> None:
    slot = begin(trainer, content(1000))
    now = timezone.now()

    assert api.sweep(clock=lambda: now + timedelta(days=6)) == 0
    assert api.sweep(clock=lambda: now + timedelta(days=8)) == 1

    facts = api.get_media(media_id=UUID(slot["upload"]))
    assert (facts.state, facts.error) == (MediaState.FAILED, MediaError.UPLOAD_ABANDONED)
    assert "一周" in facts.error_text


def test_a_file_of_another_size_than_announced_has_failed(trainer: Trainer, bucket: S3Place) -> None:
    data = content(1000)
    slot = begin(trainer, data)
    sent = send(trainer, slot, data, 1)
    MediaAsset.objects.update(size=1000)
    asset = MediaAsset.objects.get()
    store.finish_multipart(asset.source_key, asset.upload_id, store.list_parts(asset.source_key, asset.upload_id))
    store.put_bytes(asset.source_key, data[:900], content_type="video/mp4")

    assert finish(trainer, slot, sent).status_code == 202
    facts = api.get_media(media_id=UUID(slot["upload"]))
    assert (facts.state, facts.error) == (MediaState.FAILED, MediaError.SIZE_DIFFERS)


def test_a_store_that_is_away_answers_503_and_when_to_come_back(
    trainer: Trainer, bucket: S3Place, settings: Any
) -> None:
    from dataclasses import replace

    settings.S3 = replace(settings.S3, endpoint="http://127.0.0.1:9")
    answer = post(trainer.client, UPLOADS, {"name": "a.mp4", "size": 5})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
