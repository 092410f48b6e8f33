from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from lms.config.settings.environment import S3Place
from media import api, store
from media.data import MediaFacts, PlaybackTicket, UnableToPlay
from media.models import MediaAsset
from tests.packages.media.conftest import Trainer, open_account

pytestmark = pytest.mark.django_db
CAPTIONS = "1\n00:00:01,000 --> 00:00:02,500\n先断电，再救人\n".encode()


_PACKAGED: dict[str, Any] = {}


@pytest.fixture
def lesson(trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]) -> MediaFacts:
    """A packaged lesson. ffmpeg runs for the first test only; later ones find the same objects and the same row."""
    if not _PACKAGED:
        waiting = api.ingest_file(
            path=clips(seconds=10),
            title="触电急救",
            owner_id=trainer.person_id,
            organisation_id=trainer.organisation_id,
            captions=CAPTIONS,
            now=timezone.now(),
        )
        ready = api.package_now(media_id=waiting.media_id, clock=timezone.now)
        row = MediaAsset.objects.filter(pk=ready.media_id).values().get()
        keys = [*store.list_keys(row["prefix"]), row["captions_key"]]
        _PACKAGED.update(row=row, objects={key: store.get_bytes(key) for key in keys})
        return ready
    for key, data in _PACKAGED["objects"].items():
        store.put_bytes(key, data, content_type="video/mp4")
    again: dict[str, Any] = {
        **_PACKAGED["row"],
        "owner_id": trainer.person_id,
        "organisation_id": trainer.organisation_id,
    }
    return api.get_media(media_id=MediaAsset.objects.create(**again).pk)


@pytest.fixture
def learner() -> tuple[int, Client]:
    return open_account("王建国")


def ticket_for(lesson: MediaFacts, person_id: int, **more: int) -> PlaybackTicket:
    return api.sign_playback(
        media_id=lesson.media_id, learner_id=person_id, session_id="s1", now=timezone.now(), **more
    )


def lines(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    return answer.content.decode().splitlines()


def beside(address: str, relative: str) -> str:
    return address.rsplit("/", 1)[0] + "/" + relative


def test_a_learner_plays_every_byte_through_signed_addresses(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    ticket = ticket_for(lesson, person_id)
    assert (ticket.duration_ms, ticket.captions_language) == (10_000, "zh")

    master = lines(client, ticket.master_url)
    assert [line for line in master if not line.startswith("#")] == ["signed/360p/index.m3u8", "signed/720p/index.m3u8"]
    assert "RESOLUTION=640x360" in master[3]
    assert "RESOLUTION=1280x720" in master[5]
    variant = lines(client, beside(ticket.master_url, "signed/360p/index.m3u8"))
    init = re.fullmatch(r'#EXT-X-MAP:URI="(.+)"', variant[6])
    assert init is not None
    urls = [init[1], *(line for line in variant if line.startswith("http"))]
    assert len(urls) == 3
    for url in urls:
        query = parse_qs(urlsplit(url).query)
        assert int(query["X-Amz-Expires"][0]) <= 600
        assert settings.S3.secret_key not in url
        assert requests.get(url, timeout=10).status_code == 200
        assert requests.get(url, headers={"Range": "bytes=0-9"}, timeout=10).status_code == 206
        assert requests.get(url.replace("360p", "720p"), timeout=10).status_code == 403  # not what was signed
    assert sum("#EXTINF" in line for line in variant) == 2
    assert variant[-1] == "#EXT-X-ENDLIST"


def test_native_players_get_addresses_that_never_grow_old(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    ticket = ticket_for(lesson, person_id, lifetime_s=4500)

    master = lines(client, ticket.native_url)
    index = beside(ticket.native_url, next(line for line in master if not line.startswith("#")))
    variant = lines(client, index)
    names = [line for line in variant if not line.startswith("#")]
    assert names == ["00000.m4s", "00001.m4s"]
    assert '#EXT-X-MAP:URI="init.mp4"' in variant
    for name in ("init.mp4", *names):
        answer = client.get(beside(index, name))
        assert answer.status_code == 302
        assert requests.get(answer["Location"], timeout=10).status_code == 200
    assert client.get(beside(index, "00002.m4s")).status_code == 403
    assert client.get(beside(index, "../poster.jpg")).status_code in (403, 404)


def test_captions_and_poster_come_with_the_ticket(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    ticket = ticket_for(lesson, person_id)

    captions = client.get(ticket.captions_url)
    assert captions.content.decode() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n先断电，再救人\n"
    assert captions["Content-Type"] == "text/vtt; charset=utf-8"
    poster = client.get(ticket.poster_url)
    assert poster.content[:3] == b"\xff\xd8\xff"
    for url in (ticket.captions_url, ticket.poster_url):
        assert Client().get(url).status_code == 403


def test_a_copied_address_is_worthless_to_others(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    ticket = ticket_for(lesson, learner[0])
    stranger = open_account("李四")[1]
    for address in (
        ticket.master_url,
        ticket.native_url,
        beside(ticket.master_url, "signed/720p/index.m3u8"),
        beside(ticket.native_url, "native/720p/00000.m4s"),
    ):
        for client in (stranger, Client()):
            answer = client.get(address)
            assert answer.status_code == 403
            assert answer["Content-Type"] == "application/problem+json"
        assert learner[1].get(address).status_code in (200, 302)


def test_a_ticket_ends(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    old = api.sign_playback(
        media_id=lesson.media_id,
        learner_id=person_id,
        session_id="s1",
        now=timezone.now() - timedelta(seconds=301),
    )
    assert client.get(old.master_url).status_code == 403
    assert client.get(beside(old.master_url, "signed/360p/index.m3u8")).status_code == 403


def test_a_changed_ticket_is_refused(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    token = ticket_for(lesson, person_id).token
    head, rest = token[:10], token[10:]
    for forged in (head + ("A" if rest[0] != "A" else "B") + rest[1:], token[:-1], "x", "a:b:c", token.upper()):
        assert client.get(f"/api/v1/playback/{forged}/master.m3u8").status_code == 403


def test_unknown_files_of_a_ticket_do_not_exist(lesson: MediaFacts, learner: tuple[int, Client]) -> None:
    person_id, client = learner
    ticket = ticket_for(lesson, person_id)
    for file in ("source", "signed/1080p/index.m3u8", "signed/360p/00000.m4s", "native/360p/", "..%2f..", "a/b/c/d"):
        assert client.get(beside(ticket.master_url, file)).status_code in (403, 404)
    assert client.post(ticket.master_url).status_code == 405


def test_presigned_addresses_are_the_ones_the_library_makes(bucket: S3Place) -> None:
    for key in ("hls/a/b/360p/00000.m4s", "hls/中文 & (1)+~.mp4"):
        ours = store.signer(seconds=600)(key)
        theirs = store.presign_get(key, seconds=600)
        assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
        mine, wanted = parse_qs(urlsplit(ours).query), parse_qs(urlsplit(theirs).query)
        if mine["X-Amz-Date"] == wanted["X-Amz-Date"]:  # else a second passed between the two
            assert mine == wanted
        store.put_bytes(key, b"x", content_type="video/mp4")
        assert requests.get(ours, timeout=10).content == b"x"


def test_a_presigned_address_ends_and_cannot_be_changed(bucket: S3Place) -> None:
    import time

    store.put_bytes("hls/x/a", b"a", content_type="video/mp4")
    store.put_bytes("hls/x/b", b"b", content_type="video/mp4")
    url = store.signer(seconds=1)("hls/x/a")
    assert requests.get(url, timeout=10).content == b"a"
    assert requests.get(url.replace("hls/x/a", "hls/x/b"), timeout=10).status_code == 403
    time.sleep(2.1)
    assert requests.get(url, timeout=10).status_code == 403
    assert requests.get(url.split("?")[0], timeout=10).status_code == 403


def test_a_video_that_is_not_ready_has_no_ticket(trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]) -> None:
    waiting = api.ingest_file(
        path=clips(seconds=10),
        title="x",
        owner_id=trainer.person_id,
        organisation_id=trainer.organisation_id,
        now=timezone.now(),
    )
    with pytest.raises(UnableToPlay):
        ticket_for(waiting, trainer.person_id)


def test_browsers_of_our_origin_only_may_read_the_store(bucket: S3Place) -> None:
    store.put_bytes("hls/x/a", b"a" * 100, content_type="video/mp4")
    url = store.presign_get("hls/x/a", seconds=60)
    ours = requests.get(url, headers={"Origin": "http://localhost:8000", "Range": "bytes=0-9"}, timeout=10)
    assert ours.headers["Access-Control-Allow-Origin"] == "http://localhost:8000"
    exposed = {name.strip().lower() for name in ours.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"etag", "content-range"} <= exposed
    foreign = requests.get(url, headers={"Origin": "http://evil.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in foreign.headers
    store.check_ready()
