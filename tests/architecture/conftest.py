"""One populated house for all tests that walk over every page; each test's own writes are undone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from lms.accounts.models import Person
from tests.factories.everybody import Everybody, make_everybody
from tests.lmsplugin import ENGINES


@pytest.fixture(scope="module")
def everybody(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Everybody]:
    """Everybody and everything, built once for the module and gone with it."""
    ENGINES.need("storage")  # a trainer is in the middle of an upload
    with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django's blocker
        with transaction.atomic():
            yield make_everybody()
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture(scope="module")
def clients(everybody: Everybody) -> dict[str, Client]:
    """A signed-in browser for each of them, and one of somebody who is not signed in. A 500 is an answer here."""
    browsers = {"anonymous": Client(raise_request_exception=False)}
    for name, person_id in everybody.people.items():
        browsers[name] = Client(raise_request_exception=False)
        browsers[name].force_login(Person.objects.get(pk=person_id))
    return browsers


@contextmanager
def untouched(client: Client) -> Iterator[Client]:
    """What is asked inside leaves no trace: no row, no used-up rate limit, and nobody signed out."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        yield client
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()


@pytest.fixture
def undone(everybody: Everybody) -> Iterator[None]:
    """What the test writes is undone after it; nobody has used up a rate limit before it."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
