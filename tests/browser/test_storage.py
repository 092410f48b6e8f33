"""Presigned addresses from a page in Chromium: PUT, parts, GET, range; other origins; after a crash."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from lms.config.engines.sigv4 import Bucket, presign
from tests.browser.conftest import Demo, _page
from tests.platform import Platform

ASK = """async ([method, url, size, range]) => {
    const body = size ? new Uint8Array(size).map((_, i) => i % 251) : undefined;
    const answer = await fetch(url, {method, body, headers: range ? {Range: range} : {}});
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const right = bytes.every((byte, i) => byte === (i + (range ? 1000 : 0)) % 251);
    return {status: answer.status, size: bytes.length, right,
            etag: answer.headers.get('ETag'), range: answer.headers.get('Content-Range')};
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    yield from _page(chromium.new_context())


def _bucket(made: Platform) -> Bucket:
    told = json.loads((made.folder / "environment.json").read_text())
    return Bucket(
        endpoint=told["S3_ENDPOINT"],
        name=told["S3_BUCKET"],
        access_key=told["S3_ACCESS_KEY"],
        secret_key=told["S3_SECRET_KEY"],
    )


def _ask(page: Page, made: Platform, method: str, key: str, *, size: int = 0, range_: str = "") -> dict[str, Any]:
    url = presign(_bucket(made), method, key, now=datetime.now(UTC))
    answer: dict[str, Any] = page.evaluate(ASK, [method, url, size, range_])
    return answer


def test_a_page_puts_gets_and_reads_a_range_before_and_after_a_crash(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.address}/healthz")
    put = _ask(page, demo, "PUT", "课件/第 1 课.bin", size=300_000)
    assert put["status"] == 200
    assert len(put["etag"].strip('"')) == 32

    def reads() -> None:
        whole = _ask(page, demo, "GET", "课件/第 1 课.bin")
        assert (whole["status"], whole["size"], whole["right"]) == (200, 300_000, True)
        part = _ask(page, demo, "GET", "课件/第 1 课.bin", range_="bytes=1000-1999")
        assert (part["status"], part["size"], part["right"]) == (206, 1000, True)
        assert part["range"] == "bytes 1000-1999/300000"

    reads()
    old = demo.children()["storage"]
    os.kill(old, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while "storage serves again" not in demo.told():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    reads()


def test_a_page_of_another_origin_cannot_read(demo: Demo, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto("about:blank")
    url = presign(_bucket(demo), "GET", "_ready/sentinel", now=datetime.now(UTC))
    told = page.evaluate("url => fetch(url).then(answer => answer.status, error => error.name)", url)
    context.close()
    assert told == "TypeError"
