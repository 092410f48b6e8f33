"""Every page at phone and desktop size: it answers, fits, runs without a fault, and everybody can read and work it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Demo
from tests.browser.test_way import seat, sign_in
from tests.engines import ROOT

PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/", "/courses/", "/courses/?q=%E6%8A%A4%E7%90%86", "/verify/", "/demo/", "/accounts/login/?tab=password",
        "/accounts/login/?tab=code", "/accounts/register/", "/accounts/notice/", "/help/", "/notices/outbox-log/",
        "/api/v1/docs/",
    ),
    "learner_e": (
        "/home/", "/home/classes/{enrolment}/", "/learn/{enrolment}/{lesson}/", "/statement/{enrolment}/",
        "/home/subsidy/{enrolment}/", "/records/", "/accounts/me/", "/notices/", "/practice/", "/practice/scan/",
        "/practice/{session}/", "/help/mine/", "/subsidy/", "/courses/elderly-care-safety-and-moving/",
    ),
    "learner_b": ("/learn/{enrolment}/{lesson}/", "/statement/{enrolment}/"),
    "hr": ("/home/", "/classes/", "/classes/{run}/", "/classes/{run}/import/", "/claims/", "/statement/{first}/"),
    "provider": (
        "/home/", "/classes/{run}/", "/classes/new/", "/practice/", "/practice/classes/{run}/new/", "/claims/",
        "/assessment/classes/{run}/",
    ),
    "trainer": ("/home/", "/media-desk/", "/cms/", "/practice/", "/practice/{session}/"),
    "base": ("/home/", "/practice/", "/practice/{session}/", "/practice/{session}/board/"),
    "assessor": ("/home/", "/assessment/"),
    "officer": (
        "/home/", "/classes/", "/classes/filings/",
        "/claims/review/", "/claims/review/?show=decided", "/archive/classes/{run}/",
    ),
    "desk": ("/home/", "/accounts/desk/", "/accounts/desk/check/"),
    "operator": ("/home/", "/help/desk/"),
}  # fmt: skip
# drawn by others: Wagtail and the API document are looked at, their inner markup is not ours to judge
FOREIGN = ("/cms/", "/api/v1/docs/")
AXE = (ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth + 1"
# what a reader of Chinese should never meet: an untranslated sentence or a bare code
ENGLISH = re.compile(r"(?<![\w/.@-])(?:[A-Z][a-z]+|[a-z]{3,})(?: [a-z]{2,}){2,}")


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1440"])
@pytest.mark.parametrize("who", PAGES)
def test_every_page_answers_and_fits(
    demo: Demo, chromium: Browser, shoot: Callable[[Page, str], Path], who: str, phone: bool
) -> None:
    faults: list[str] = []
    with seat(chromium, phone=phone) as page:
        page.on("pageerror", lambda error: faults.append(str(error)))
        if who:
            sign_in(page, demo, who)
        for pattern in PAGES[who]:
            path = fill_in(pattern, demo, who)
            answer = page.goto(f"{demo.address}{path}")
            if answer is None or answer.status != 200:
                faults.append(f"{path}: {answer and answer.status}")
            if page.evaluate(TOO_WIDE):
                faults.append(f"{path}: wider than the screen")
            shoot(page, "page-" + (re.sub(r"[^a-z0-9]+", "-", f"{who}{pattern}").strip("-") or "landing"))
            if not path.startswith(FOREIGN):
                faults += [f"{path}: {fault}" for fault in (*barriers(page), *untranslated(page))]
    assert faults == []


@pytest.mark.parametrize("who", PAGES)
def test_large_type_fits_on_a_phone(demo: Demo, chromium: Browser, who: str) -> None:
    faults = []
    with seat(chromium, phone=True) as page:
        if who:
            sign_in(page, demo, who)
        page.context.add_cookies([{"name": "large_type", "value": "1", "url": demo.address}])
        for pattern in PAGES[who]:
            path = fill_in(pattern, demo, who)
            if path.startswith(FOREIGN):
                continue
            page.goto(f"{demo.address}{path}")
            assert page.evaluate("document.documentElement.classList.contains('large-type')"), path
            if page.evaluate(TOO_WIDE):
                faults.append(f"{path}: wider than the screen")
    assert faults == []


def test_the_keyboard_reaches_play_first_and_its_place_is_seen(demo: Demo, chromium: Browser) -> None:
    with seat(chromium, phone=False) as page:
        sign_in(page, demo, "learner_e")
        page.goto(demo.address + fill_in("/learn/{enrolment}/{lesson}/", demo, "learner_e"))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        reached = []
        for _ in range(5):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.outerHTML.match(/data-[a-z]+/)?.[0] ?? ''"))
            ring = page.evaluate(
                "(() => { const style = getComputedStyle(document.activeElement);"
                " return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 3; })()"
            )
            assert ring, reached
        assert reached == ["data-rate", "data-start", "data-toggle", "data-seek", "data-fullscreen"]
        assert page.locator("[data-chip]").get_attribute("role") == "status"


def test_whoever_wants_no_motion_sees_none(demo: Demo, chromium: Browser) -> None:
    with seat(chromium, phone=True) as page:
        page.emulate_media(reduced_motion="reduce")
        sign_in(page, demo, "learner_e")
        page.goto(f"{demo.address}/practice/scan/")
        moving = page.evaluate(
            "[...document.querySelectorAll('*')].filter((one) => {"
            " const style = getComputedStyle(one);"
            " return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0; }).length"
        )
        assert moving == 0


def barriers(page: Page) -> list[str]:
    """What stands in the way of people who see, hear or move otherwise: each violation with its first place."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "(rules) => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })"
        ".then((result) => result.violations.map((one) => ({ id: one.id, place: one.nodes[0].html.slice(0, 160) })))",
        RULES,
    )
    return [f"{one['id']} at {one['place']}" for one in found]


def untranslated(page: Page) -> list[str]:
    """English sentences in a Chinese page."""
    text: str = page.inner_text("body")
    return [f"English left: {match.group()}" for match in ENGLISH.finditer(text)]


def fill_in(pattern: str, demo: Demo, who: str) -> str:
    facts = demo.facts
    return pattern.format(
        enrolment=facts["enrolments"].get(who, ""),
        first=facts["enrolments"]["learner_a"],
        lesson=facts["lessons"]["moving"],
        run=facts["class_run"],
        session=facts["practice_session"],
    )
