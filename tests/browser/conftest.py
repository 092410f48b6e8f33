"""Real Chromium on the real platform: `demo`, `chromium`, `phone_page`, `desktop_page`, `shoot`.

Playwright's synchronous loop lives only as long as this package's tests: it would stand in the way
of asynchronous tests elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.engines import ROOT
from tests.platform import Platform, platform

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 12; V2111A) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49"
)
SHOTS = ROOT / "var" / "screenshots"


class Demo(Platform):
    """The running demo, with what its loader told of itself."""

    @property
    def facts(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return told


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The platform with its demo people, courses and footage, as `make demo` brings it up."""
    with platform(tmp_path_factory.mktemp("demo") / "var", Demo) as made:
        made.start(seconds=600)
        yield made


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield browser
        browser.close()


def _watch(page: Page, faults: list[str]) -> None:
    """What no page of ours may do: an uncaught error, a breach of the content policy, a missing asset."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and re.search(r"Content Security Policy|Refused to", message.text):
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", on_console)
    page.on(
        "response",
        lambda answer: (
            faults.append(f"{answer.status} {answer.url}")
            if answer.status >= 500 or (answer.status == 404 and "/static/" in answer.url)
            else None
        ),
    )


def _page(context: BrowserContext) -> Iterator[Page]:
    """A page in a fresh context; the test fails if the page misbehaved, whatever else it proved."""
    faults: list[str] = []
    context.on("page", lambda page: _watch(page, faults))
    yield context.new_page()
    context.close()
    assert faults == []


@pytest.fixture
def phone_page(chromium: Browser) -> Iterator[Page]:
    """A cheap phone with WeChat's browser: 390x844, touch, Chinese."""
    yield from _page(
        chromium.new_context(
            viewport={"width": 390, "height": 844},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            user_agent=PHONE_AGENT,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
    )


@pytest.fixture
def desktop_page(chromium: Browser) -> Iterator[Page]:
    yield from _page(
        chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai")
    )


@pytest.fixture(scope="session")
def shoot() -> Callable[[Page, str], Path]:
    """Keeps a picture of the whole page as var/screenshots/<name>-<width>.png."""

    def keep(page: Page, name: str) -> Path:
        SHOTS.mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        path = SHOTS / f"{name}-{width}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return keep
