"""The HTTP channel against a real small server that speaks the documented protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

import pytest

from lms.notices.data import UnableToSend
from lms.notices.sms.http import HttpSms

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEY = UUID("11111111-2222-3333-4444-555555555555")


class Provider(BaseHTTPRequestHandler):
    """Takes messages as docs/adapters.md says; `answers` steers what it says."""

    seen: list[tuple[dict[str, str], dict[str, str]]] = []
    status, body = 200, b'{"id": "m-1"}'

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        type(self).seen.append(
            ({name.lower(): value for name, value in self.headers.items()}, json.loads(self.rfile.read(length)))
        )
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def provider(settings) -> Iterator[type[Provider]]:  # type: ignore[no-untyped-def]
    Provider.seen, Provider.status, Provider.body = [], 200, b'{"id": "m-1"}'
    server = HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_URL, settings.SMS_KEY = f"http://127.0.0.1:{server.server_port}/sms", "secret-key"
    yield Provider
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_text_arrives_with_key_and_number(provider: type[Provider]) -> None:
    receipt = HttpSms().send(mobile="13800138000", text="【职培云】您好", key=KEY, now=NOW)
    assert receipt == "m-1"
    ((headers, body),) = provider.seen
    assert body == {"mobile": "13800138000", "text": "【职培云】您好"}
    assert headers["authorization"] == "Bearer secret-key"
    assert headers["idempotency-key"] == str(KEY)


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_a_refusal_is_said_without_number_or_text(provider: type[Provider], status: int) -> None:
    provider.status = status
    with pytest.raises(UnableToSend) as refused:
        HttpSms().send(mobile="13800138000", text="secret", key=KEY, now=NOW)
    assert "13800138000" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"other": 1}'])
def test_a_receipt_is_optional(provider: type[Provider], body: bytes) -> None:
    provider.body = body
    assert HttpSms().send(mobile="13800138000", text="x", key=KEY, now=NOW) == ""


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://127.0.0.1:1/"])
def test_nobody_there_is_a_refusal(settings, url: str) -> None:  # type: ignore[no-untyped-def]
    settings.SMS_URL, settings.SMS_KEY = url, ""
    with pytest.raises(UnableToSend):
        HttpSms().send(mobile="13800138000", text="x", key=KEY, now=NOW)
