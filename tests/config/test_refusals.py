"""Pages and problem documents of refusals and failures, in the caller's language."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from lms.config import urls

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def breaks(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("a secret of the server")


def suspicious(_request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation("a secret of the server")


def forbidden(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def missing(_request: HttpRequest) -> HttpResponse:
    raise Http404


views = [path("breaks/", breaks), path("odd/", suspicious), path("forbidden/", forbidden), path("missing/", missing)]
urlpatterns = [path("api/v1/", include(views)), *views, path("", include(urls.urlpatterns))]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

WORDS = {
    ("breaks/", "zh-hans"): (500, "系统出错了"),
    ("breaks/", "en"): (500, "Something went wrong on our side"),
    ("odd/", "zh-hans"): (400, "没能读懂"),
    ("odd/", "en"): (400, "This could not be read"),
    ("forbidden/", "zh-hans"): (403, "您没有查看权限"),
    ("forbidden/", "en"): (403, "This is not open to you"),
    ("missing/", "zh-hans"): (404, "没有找到这一页"),
    ("missing/", "en"): (404, "Nothing here"),
}


@pytest.mark.parametrize(("address", "language"), WORDS)
def test_a_page_says_in_the_readers_language_what_happened(address: str, language: str) -> None:
    status, words = WORDS[address, language]
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    answer = client.get(f"/{address}")
    page = answer.content.decode()
    assert answer.status_code == status
    assert f'<html lang="{language}"' in page.replace("zh-Hans", "zh-hans")
    assert words in page
    assert f"/help/?from=/{address}" in page
    assert answer.headers["X-Request-ID"] in page
    assert "secret" not in page


@pytest.mark.parametrize(("address", "language"), WORDS)
def test_the_api_answers_with_a_problem_document(address: str, language: str) -> None:
    status, _words = WORDS[address, language]
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    answer = client.get(f"/api/v1/{address}")
    document = json.loads(answer.content)
    assert answer.status_code == document["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert document["instance"] == f"/api/v1/{address}"
    assert document["title"].isascii() is (language == "en")
    assert document["detail"].isascii() is (language == "en")
    assert "secret" not in answer.content.decode()


def test_the_page_of_a_failure_stands_even_when_the_shell_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> HttpResponse:
        raise ConnectionError

    monkeypatch.setattr("lms.config.refusals.render", broken)
    answer = Client(raise_request_exception=False).get("/breaks/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.content.decode()
