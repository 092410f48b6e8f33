"""Fixtures every test may ask for: `db` as usual, `owner_connection`, `streams`, `storage`."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import redis
from django.conf import settings
from django.test import TransactionTestCase

from lms.config.settings.environment import S3Place
from tests.database import TestDatabase
from tests.lmsplugin import ENGINES

DATABASE = TestDatabase(ENGINES)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The database is migrated by its owner; tests then connect as the application."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        DATABASE.set_up()
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        DATABASE.finish()


def _restore(_case: TransactionTestCase) -> None:
    DATABASE.restore()


TransactionTestCase._fixture_teardown = _restore  # type: ignore[attr-defined]  # TRUNCATE is refused


@pytest.fixture(autouse=True)
def _empty_valkey() -> Iterator[None]:
    """Streams, broker and cache are empty for the next test."""
    yield
    for url, engine in ((settings.REDIS_URL, "streams"), (settings.CACHES["default"]["LOCATION"], "cache")):
        if ENGINES.is_running(engine):
            client = _client(url)
            if client.dbsize():
                client.flushall()


_CLIENTS: dict[str, redis.Redis] = {}


def _client(url: str) -> redis.Redis:
    return _CLIENTS.setdefault(url, redis.Redis.from_url(url))


@pytest.fixture
def owner_connection(db: None) -> Iterator[psycopg.Connection]:
    """The owner's own connection to the test database (sees only what has been committed)."""
    with DATABASE.owner() as connection:
        yield connection


@pytest.fixture
def streams() -> redis.Redis:
    """The Valkey that holds streams and broker."""
    ENGINES.need("streams")
    return _client(settings.REDIS_URL)


@pytest.fixture
def storage() -> S3Place:
    """The S3 server serves: an object can be written and read back."""
    ENGINES.need("storage")
    place: S3Place = settings.S3
    return place
