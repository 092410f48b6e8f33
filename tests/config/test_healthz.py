"""GET /healthz says of every engine whether it serves."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings
from django.test import Client

from lms.config import alive
from lms.config.settings.environment import S3Place
from tests.lmsplugin import ENGINES

NAMES = {"database", "cache", "broker", "storage", "media_engine", "worker", "live_engine"}


@pytest.fixture
def living_workers(streams: redis.Redis) -> None:
    """Signs of life as three workers leave them (a real worker leaves its own in test_worker.py)."""
    for queue in alive.QUEUES:
        streams.set(alive.key(queue), "1", ex=alive.SECONDS)


def test_all_engines_serve(db: None, client: Client, storage: S3Place, living_workers: None) -> None:
    answer = client.get("/healthz")
    told = answer.json()
    assert (answer.status_code, told["status"], told["failing"]) == (200, "ok", [])
    assert told.keys() - {"status", "failing"} == NAMES
    assert {name for name in NAMES if told[name]["ok"]} == NAMES - {"live_engine"}
    assert told["database"]["detail"] == "PostgreSQL 18.6"
    assert told["live_engine"] == {
        "ok": None,
        "detail": "not installed: live classes are not part of this release",
        "ms": None,
    }


@pytest.mark.parametrize(
    ("engine", "named"),
    [("postgres", ["database"]), ("cache", ["cache"]), ("streams", ["broker", "worker"]), ("storage", ["storage"])],
)
def test_the_engine_that_is_down_is_named(
    transactional_db: None, client: Client, storage: S3Place, living_workers: None, engine: str, named: list[str]
) -> None:
    with ENGINES.stopped(engine):
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == named


def test_a_queue_without_a_worker_is_named(
    db: None, client: Client, storage: S3Place, living_workers: None, streams: redis.Redis
) -> None:
    streams.delete(alive.key("media"))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["worker"]
    assert answer.json()["worker"]["detail"] == "no worker takes from: media"


def test_neither_address_nor_user_is_told(transactional_db: None, client: Client, storage: S3Place) -> None:
    with ENGINES.stopped("postgres"), ENGINES.stopped("streams"):
        text = client.get("/healthz").content.decode()
    for secret in ("lms_app", "127.0.0.1", str(settings.DATABASES["default"]["PORT"])):
        assert secret not in text


def test_health_may_only_be_read(db: None, client: Client) -> None:
    assert client.post("/healthz").status_code == 405
