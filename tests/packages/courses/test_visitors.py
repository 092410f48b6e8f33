from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses import visitors
from tests.packages.courses.conftest import Member, page_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("/courses/", "/courses/low-voltage/", "/courses/?subject=electrical&level=4")


def queries(client: Client, address: str, **headers: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address, headers=headers)
    return len(seen), answer


@pytest.mark.parametrize("address", PAGES)
def test_the_second_visitor_costs_no_query(create: Callable[..., int], address: str) -> None:
    create(slug="low-voltage")
    first_count, first = queries(Client(), address)
    count, second = queries(Client(), address)

    assert first_count > 0
    assert count == 0
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]
    assert second["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Language"} <= {name.strip() for name in second["Vary"].split(",")}
    count, again = queries(Client(), address, **{"If-None-Match": first["ETag"]})
    assert (count, again.status_code, again.content) == (0, 304, b"")


def test_a_published_change_shows_at_once(create: Callable[..., int]) -> None:
    course_id = create(slug="low-voltage")
    before = Client().get("/courses/")
    page = page_of(course_id)
    page.title = "低压电工新班"
    page.save_revision().publish()

    for address in PAGES:
        assert "低压电工新班" in Client().get(address).content.decode()
    assert Client().get("/courses/", headers={"If-None-Match": before["ETag"]}).status_code == 200
    page_of(course_id).unpublish()
    assert "低压电工新班" not in Client().get("/courses/").content.decode()
    assert Client().get("/courses/low-voltage/").status_code == 404


def test_languages_and_type_sizes_are_kept_apart(create: Callable[..., int]) -> None:
    create(slug="low-voltage")
    chinese, english = Client(), Client(headers={"Accept-Language": "en"})
    large = Client()
    large.cookies["large_type"] = "1"
    for _round in range(2):
        assert "更多筛选" in chinese.get("/courses/").content.decode()
        assert "More filters" in english.get("/courses/").content.decode()
        assert "large-type" in large.get("/courses/").content.decode().split("<head>")[0]
        assert "large-type" not in chinese.get("/courses/").content.decode().split("<head>")[0]


def test_people_with_a_session_get_their_own_page(create: Callable[..., int], trainer: Member) -> None:
    create(slug="low-voltage")
    Client().get("/courses/")
    own = trainer.client.get("/courses/")
    assert "csrf-token" in own.content.decode()
    assert "ETag" not in own
    assert "csrf-token" not in Client().get("/courses/").content.decode()


def test_searches_and_odd_addresses_are_not_kept(create: Callable[..., int]) -> None:
    create(slug="low-voltage")
    for address in ("/courses/?q=电工", "/courses/?x=1", "/courses/?subject=" + "a" * 300):
        Client().get(address)
        count, answer = queries(Client(), address)
        assert count > 0
        assert answer.status_code == 200
    assert Client().get("/courses/never/").status_code == 404
    assert Client().post("/courses/").status_code in (200, 403, 405)
    assert visitors.SECONDS == 60


def test_a_visitors_page_carries_no_request_id(create: Callable[..., int]) -> None:
    create(slug="low-voltage")
    answer = Client().get("/courses/")
    assert answer["X-Request-ID"] not in answer.content.decode()
