"""The player over HTTP: the endpoints of the contract, their refusals, the lesson page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.test import Client
from django.utils import timezone

from lms.accounts.models import Person
from lms.lib.localday import local_day
from lms.player.models import PlaySession
from tests.packages.player.world import (
    LESSON,
    SECOND_LESSON,
    WORKSHOP,
    World,
    credit_all,
    make_world,
    open_lesson,
    send,
    settle_all,
    watch,
)

SESSIONS = "/api/v1/play-sessions/"


@pytest.fixture
def world(db: None, streams: redis.Redis) -> World:
    """A class that runs now."""
    return make_world(starts_on=local_day(timezone.now()) - timedelta(days=7))


@pytest.fixture
def learner(world: World) -> Client:
    return signed_in(world.learner.learner_id)


def signed_in(person_id: int) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person_id))
    return client


def post(client: Client, path: str, body: Any) -> Any:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(path, data=data, content_type="application/json")


def test_a_session_opens_with_all_that_the_page_needs(world: World, learner: Client) -> None:
    answer = post(learner, SESSIONS, {"enrolment": world.learner.enrolment_id, "unit": LESSON})
    body = answer.json()
    assert answer.status_code == 201
    assert {name: body[name] for name in ("next_seq", "heartbeat_seconds", "resume_position", "duration_seconds")} == {
        "next_seq": 0,
        "heartbeat_seconds": 15,
        "resume_position": 0,
        "duration_seconds": 2_700,
    }
    assert (body["max_rate"], body["today_left_seconds"], body["notices"]) == (1.0, 21_600, [])
    assert body["playback"]["master_url"].startswith("/api/v1/playback/")
    assert str(PlaySession.objects.get().pk) == body["session"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        {"enrolment": "1", "unit": LESSON},
        {"enrolment": 1.5, "unit": LESSON},
        {"enrolment": 0, "unit": LESSON},
        {"enrolment": 2**70, "unit": LESSON},
        {"enrolment": 1, "unit": ""},
        {"enrolment": 1, "unit": "x" * 65},
        {"enrolment": 1, "unit": LESSON, "learner": 5},
    ],
)
def test_what_does_not_fit_is_a_400(learner: Client, body: Any) -> None:
    answer = post(learner, SESSIONS, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not PlaySession.objects.exists()


def test_strangers_find_nothing(world: World, learner: Client) -> None:
    opened = open_lesson(world.learner, timezone.now())
    stranger = signed_in(world.cast.stranger_id)
    wanted = {"enrolment": world.learner.enrolment_id, "unit": LESSON}
    assert post(stranger, SESSIONS, wanted).status_code == 404
    for path in ("progress", "playback"):
        assert stranger.get(f"{SESSIONS}{opened.session}/{path}/").status_code == 404
        assert learner.get(f"{SESSIONS}{uuid4()}/{path}/").status_code == 404
        assert Client().get(f"{SESSIONS}{opened.session}/{path}/").status_code == 401
    assert stranger.get(f"/learn/{world.learner.enrolment_id}/{LESSON}/").status_code == 404
    assert Client().get(f"/learn/{world.learner.enrolment_id}/{LESSON}/").status_code == 302
    assert Client().post(SESSIONS).status_code == 401
    assert PlaySession.objects.count() == 1


def test_a_unit_that_is_no_video_is_a_409_that_says_so(world: World, learner: Client) -> None:
    answer = post(learner, SESSIONS, {"enrolment": world.learner.enrolment_id, "unit": WORKSHOP})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_video")
    assert answer.json()["detail"] == "This unit is not a video. Open it from the class page."
    assert not PlaySession.objects.exists()


def test_without_the_csrf_token_a_browser_cannot_be_made_to_open(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    person = Person.objects.get(pk=world.learner.learner_id)
    client.force_login(person)
    assert post(client, SESSIONS, {"enrolment": world.learner.enrolment_id, "unit": LESSON}).status_code == 403


def test_progress_is_told_in_seconds_with_reasons_in_words(world: World, learner: Client) -> None:
    start = timezone.now() - timedelta(minutes=5)
    opened = open_lesson(world.learner, start)
    jump = watch(start, 15, media_from=600, after=100, seq=4, speed=20_000)
    send(opened.session, world.learner.learner_id, [*watch(start, 60), *jump])
    settle_all(timezone.now())
    credit_all(timezone.now())
    answer = learner.get(f"{SESSIONS}{opened.session}/progress/")
    assert answer.json() == {
        "credited": [[0, 60], [600, 615]],
        "pending": [],
        "refused": [{"from": 615, "to": 900, "reason": "speed_clip", "text": "Played too fast"}],
        "credited_seconds": 75,
        "pending_seconds": 0,
        "unconfirmed_seconds": 0,
        "prompt": None,
        "unit_seconds": 2_700,
        "today_left_seconds": 21_525,
        "modes": [
            {"mode": "online", "credited_seconds": 75, "required_seconds": 5_400},
            {"mode": "practice", "credited_seconds": 0, "required_seconds": 10_800},
        ],
        "settled_seq": 4,
        "closed": None,
    }
    post(learner, SESSIONS, {"enrolment": world.learner.enrolment_id, "unit": SECOND_LESSON})
    assert learner.get(f"{SESSIONS}{opened.session}/progress/").json()["closed"] == "superseded"


def test_fresh_addresses_come_for_the_same_session(world: World, learner: Client) -> None:
    opened = open_lesson(world.learner, timezone.now())
    body = learner.get(f"{SESSIONS}{opened.session}/playback/").json()
    assert set(body) == {
        "master_url",
        "native_url",
        "poster_url",
        "captions_url",
        "captions_language",
        "expires_at",
    }


def test_progress_costs_few_queries(world: World, learner: Client, django_assert_max_num_queries: Any) -> None:
    opened = open_lesson(world.learner, timezone.now())
    learner.get(f"{SESSIONS}{opened.session}/progress/")
    with django_assert_max_num_queries(12):
        learner.get(f"{SESSIONS}{opened.session}/progress/")


def test_the_lesson_page_shows_the_lesson_and_where_the_class_stands(world: World, learner: Client) -> None:
    page = learner.get(f"/learn/{world.learner.enrolment_id}/{LESSON}/")
    assert page.status_code == 200
    html = page.content.decode()
    assert f'data-unit="{LESSON}"' in html
    assert "触电急救" in html
    assert f"/learn/{world.learner.enrolment_id}/{SECOND_LESSON}/" in html
    assert page.context["units_total"] == 5
    assert [unit["state"] for unit in page.context["units"]] == ["now", "todo", "todo", "todo", "todo"]
    assert page.context["modes"] == [
        {"mode": "online", "label": "Online", "credited": "0.0", "required": "2.0"},
        {"mode": "practice", "label": "Practice", "credited": "0.0", "required": "4.0"},
    ]
    assert "style=" not in html
    assert learner.get(f"/learn/{world.learner.enrolment_id}/{WORKSHOP}/").status_code == 404
    assert learner.get(f"/learn/{world.learner.enrolment_id}/nothing/").status_code == 404


def test_the_schema_holds_every_endpoint() -> None:
    document = Client(headers={"accept": "application/json"}).get("/api/v1/schema/?format=json").json()
    paths = document["paths"]
    for path in (
        SESSIONS,
        "/api/v1/heartbeats/",
        f"{SESSIONS}{{session}}/progress/",
        f"{SESSIONS}{{session}}/playback/",
    ):
        assert path in paths, path
    beat = document["components"]["schemas"]["WireBeat"]
    assert beat["additionalProperties"] is False
    assert set(beat["required"]) == {"boot", "seq", "from_ms", "to_ms", "from_s", "to_s", "rate", "why"}
