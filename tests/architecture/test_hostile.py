"""Hostile input at every address: whatever comes in, the answer is a refusal, never a 500, and never runs as markup."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse

from lms.accounts.models import Person
from tests.architecture.conftest import untouched
from tests.architecture.test_access import ACCESS, Entry, _is_cms, path_of
from tests.architecture.walk import addresses
from tests.factories.everybody import Everybody

ROOT = Path(__file__).resolve().parents[2]
MARKUP = "\"'><script>alert(1)</script>"
HOSTILE = {
    "nothing": "",
    "markup": MARKUP,
    "sql": "1' OR '1'='1'; DROP TABLE ledger_entry;--",
    "nul": "a\x00b",
    "surrogate": "\ud800",
    "huge number": "9" * 40,
    "negative": "-1",
    "not a number": "1e309",
    "long": "字" * 22_000,  # 64 KiB of UTF-8
    "wrong width": "１２３４５６７８９０\u202e\u200b",
}
BODIES = {
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "cut": b'{"enrolment": ',
    "broken utf-8": b'{"unit": "\xff\xfe"}',
    "nul": b'{"username": "a\\u0000b", "password": "x", "enrolment": 1, "unit": "\\u0000"}',
    "deep": b"[" * 50_000,
    "huge number": b'{"enrolment": 1e400, "size": 99999999999999999999999999}',
    "number past the database": b'{"enrolment": 9223372036854775808, "unit": "x"}',
    "bool": b'{"enrolment": true, "unit": [], "username": {}, "password": 1, "numbers": [true]}',
    "unknown field": b'{"enrolment": 1, "unit": "x", "credited_seconds": 999999}',
}
_CSRF_EXEMPT = {"evidence:deliver": 401, "accounts:token": 400}  # a signature or a password speaks, no cookie
_ENTRIES = [
    (name, entry)
    for name, entries in ACCESS.items()
    for entry in (entries if isinstance(entries, tuple) else (entries,))
]
_READ = [(name, entry) for name, entry in _ENTRIES if entry.get or entry.barred]
_WRITTEN = [(name, entry) for name, entry in _ENTRIES if entry.post]


def _someone(welcome: frozenset[str]) -> str:
    """One of those who get in: rather somebody with rights than anybody."""
    for name in ("operator", "provider_admin", "trainer", "base_staff", "hr", "officer", "assessor", "learner"):
        if name in welcome and not (name == "operator" and len(welcome) > 1):
            return name
    return min(welcome, default="learner")


def _named(entries: list[tuple[str, Entry]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "entry"), entries, ids=[name for name, _ in entries])


def _query_names() -> list[str]:
    """Every query parameter that any view asks for."""
    found: set[str] = set()
    for folder in ("lms", "media", "courses"):
        for path in (ROOT / folder).rglob("*.py"):
            found.update(re.findall(r"GET(?:\.get\(|\[|\.getlist\()\"(\w+)\"", path.read_text(encoding="utf-8")))
    return sorted(found)


QUERY = _query_names()


def survives(answer: HttpResponseBase, what: str) -> str:
    """What is wrong with the answer, if anything."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{what}: {answer.status_code}"
    body = answer.content if isinstance(answer, HttpResponse) else b""
    if b"<script>alert(1)" in body and "html" in answer.headers.get("Content-Type", ""):
        return f"{what}: the text came back as markup"
    return ""


@_named(_READ)
def test_no_query_breaks_a_page(
    name: str, entry: Entry, everybody: Everybody, clients: dict[str, Client], undone: None
) -> None:
    path, client = path_of(name, entry, everybody).partition("?")[0], clients[_someone(entry.get)]
    wrong = []
    for what in ("markup", "surrogate", "nul", "huge number"):
        query = "&".join(f"{key}={quote(HOSTILE[what], errors='surrogatepass')}" for key in QUERY)
        answer = client.get(f"{path}?{query}")
        wrong.append(survives(answer, f"{path} with {what}"))
        if answer.headers.get("Content-Type") == "application/pdf":
            break  # drawn anew each time, and it asks for nothing
    wrong.append(survives(client.get(f"{path}?%ff%fe=%00&page=%80&next=%2F%2Fevil.example"), f"{path} with bytes"))
    assert [one for one in wrong if one] == []


def test_every_view_with_query_parameters_was_seen() -> None:
    assert {"page", "q", "next", "show", "day", "c", "code", "last4", "kind", "state", "course"} <= set(QUERY)


class _Forms(HTMLParser):
    """The forms of a page: where they go and what they ask."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append((given.get("action", ""), given.get("method", "get").lower(), {}))
        elif tag in {"input", "textarea", "select", "button"} and given.get("name") and self.found:
            self.found[-1][2].setdefault(given["name"], given.get("value", ""))


def forms_on(client: Client, path: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Action and fields of each form that is posted from the page."""
    answer = client.get(path)
    if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
        return
    parser = _Forms()
    parser.feed(answer.content.decode())
    for action, method, fields in parser.found:
        target = urlsplit(urljoin(path, action))
        if method == "post" and not target.netloc and "logout" not in target.path:
            yield (f"{target.path}?{target.query}" if target.query else target.path), fields


@_named([(name, entry) for name, entry in _READ if entry.get])
def test_no_form_breaks_on_what_is_typed_into_it(
    name: str, entry: Entry, everybody: Everybody, clients: dict[str, Client], undone: None
) -> None:
    path, client = path_of(name, entry, everybody), clients[_someone(entry.get)]
    wrong = []
    for action, fields in forms_on(client, path):
        if action.startswith(_SHELL) and name != "portal:home":
            continue  # the shell's own forms stand on every page: one page is enough
        for what, value in HOSTILE.items():
            everywhere = {**fields, **dict.fromkeys(set(fields) - {"action"}, value)}
            wrong.append(_post(client, action, everywhere, f"{action} with {what} in every field"))
        for at, field in enumerate(fields):
            what = ("markup", "nul", "long", "huge number")[at % 4]
            wrong.append(_post(client, action, {**fields, field: HOSTILE[what]}, f"{action} with {what} in {field}"))
    assert [one for one in wrong if one] == []


_SHELL = ("/accounts/language/", "/accounts/large-type/", "/notices/read/")


def _post(client: Client, action: str, fields: dict[str, str], what: str) -> str:
    sent = "&".join(f"{quote(key)}={quote(value, errors='surrogatepass')}" for key, value in fields.items())
    with untouched(client):
        answer = client.post(action, sent, content_type="application/x-www-form-urlencoded", follow="script" in sent)
    return survives(answer, what)


@_named([(name, entry) for name, entry in _ENTRIES if (entry.post or entry.barred)])
def test_no_body_breaks_an_endpoint(
    name: str, entry: Entry, everybody: Everybody, clients: dict[str, Client], undone: None
) -> None:
    path, client = path_of(name, entry, everybody), clients[_someone(entry.post)]
    wrong = []
    for what, body in BODIES.items() if path.startswith("/api/") else list(BODIES.items())[:6]:
        for kind in ("application/json", "multipart/form-data; boundary=x") if what == "cut" else ("application/json",):
            with untouched(client):
                answer = client.post(path, body, content_type=kind)
            wrong.append(survives(answer, f"{path} with {what}"))
            if path.startswith("/api/") and answer.status_code >= 400 and answer.status_code != 405:
                kind_of_answer = answer.headers.get("Content-Type", "")
                wrong.append("" if "problem+json" in kind_of_answer else f"{path} with {what}: {kind_of_answer}")
    assert [one for one in wrong if one] == []


_FORGED = {
    "int": ("0", "999999999", "9223372036854775808", "9" * 60),
    "uuid": ("00000000-0000-4000-8000-000000000000",),
    "str": ("x", "%00", "%ff%fe", "..%2f..", "%F0%9F%92%A9", "A" * 9000, "%3Cscript%3Ealert(1)%3C/script%3E"),
    "slug": ("x", "A" * 9000, "-"),
    "path": ("x", "%00", "../../etc/passwd", "native/%00/seg.m4s"),
}
_WITH_IDS = sorted({address.route for address in addresses() if "<" in address.route and not _is_cms(address.route)})


@pytest.mark.parametrize("route", [route for route in _WITH_IDS if not route.startswith("^")])
def test_a_forged_id_is_nowhere(route: str, everybody: Everybody, clients: dict[str, Client], undone: None) -> None:
    kinds = re.findall(r"<(\w+):(\w+)>", route)
    wrong: list[str] = []
    for forged in range(max(len(_FORGED[kind]) for kind, _ in kinds)):
        path = "/" + _forge(route, forged)
        for caller in ("provider_admin", "learner", "anonymous"):
            for method in ("get", "post"):
                with untouched(clients[caller]) as client:
                    answer = getattr(client, method)(path)
                if answer.status_code not in {302, 400, 401, 403, 404, 405, 429}:
                    wrong.append(f"{method} {path[:120]} as {caller}: {answer.status_code}")
                if answer.status_code == 302 and not _is_way_in(answer, caller):
                    wrong.append(f"{method} {path[:120]} as {caller}: leads to {answer.headers['Location']}")
    assert wrong == []


def _forge(route: str, number: int) -> str:
    """The route with the forged values of that number in it."""

    def forged(found: re.Match[str]) -> str:
        values = _FORGED[found[1]]
        return values[number % len(values)]

    return re.sub(r"<(\w+):\w+>", forged, route)


def _is_way_in(answer: HttpResponseBase, caller: str) -> bool:
    return caller == "anonymous" and answer.headers["Location"].startswith("/accounts/login/?")


@_named(_WRITTEN)
def test_a_post_without_csrf_token_is_refused(name: str, entry: Entry, everybody: Everybody, undone: None) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    caller = _someone(entry.post)
    if caller != "anonymous":
        client.force_login(Person.objects.get(pk=everybody.people[caller]))
    path = path_of(name, entry, everybody)
    answer = client.post(path, {"csrfmiddlewaretoken": "x" * 32})
    assert answer.status_code == _CSRF_EXEMPT.get(name, 403)
    if path.startswith("/api/"):
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    else:
        assert "刷新" in answer.content.decode()


def _filled(route: str) -> str:
    """A CMS route with something in the place of each argument."""
    route = re.sub(r"<(\w+):\w+>", lambda found: "1" if found[1] == "int" else "x", route)
    route = re.sub(r"\(\?P<\w+>\\d\+\)|\(\\d\+\)", "1", route)
    route = re.sub(r"\(\?P<\w+>(\w+)\|[^)]*\)", r"\1", route)
    return "/" + route.replace("(.*)", "x").replace("\\.", ".").replace("^", "").replace("$", "")


_CMS = sorted({_filled(address.route) for address in addresses() if _is_cms(address.route)})


def test_the_cms_is_closed_to_everybody_who_does_not_write_courses(
    everybody: Everybody, clients: dict[str, Client], undone: None
) -> None:
    wrong = []
    for path in _CMS:
        status = clients["officer"].get(path).status_code
        if status != 404:
            wrong.append(f"{path} as an officer: {status}")
        answer = clients["anonymous"].get(path)
        if not (answer.status_code == 404 or (answer.status_code == 302 and "/accounts/login/" in answer["Location"])):
            wrong.append(f"{path} signed out: {answer.status_code}")
    assert len(_CMS) > 150
    assert wrong == []


LIMITED = {
    "accounts:login": ("post", 120),
    "accounts:register": ("post", 60),
    "accounts:token": ("post", 30),
    "completion:search": ("post", 20),
    "completion:verify": ("get", 120),
    "completion:record-api": ("get", 60),
    "practice:scan": ("post", 20),
    "support:ask": ("post", 20),
}


@pytest.mark.parametrize("name", LIMITED)
def test_guessing_is_slowed_down(
    name: str, everybody: Everybody, clients: dict[str, Client], undone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: now))  # no minute ends meanwhile
    method, most = LIMITED[name]
    kwargs = {"completion:verify": {"code": "f" * 32}, "completion:record-api": {"record_no": "X-1"}}.get(name, {})
    path = reverse(name, kwargs=kwargs)
    client = clients["learner" if name == "practice:scan" else "anonymous"]
    statuses = [getattr(client, method)(path).status_code for _ in range(most + 1)]
    assert 429 not in statuses[:most]
    assert statuses[most] == 429
    refused = getattr(client, method)(path)
    assert int(refused.headers["Retry-After"]) >= 1
    assert "429" not in refused.content.decode() or "秒" in refused.content.decode()
