"""Every page at phone and desktop size: it answers, nothing overflows, no script fails, and its picture is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Demo
from tests.browser.test_way import seat, sign_in

PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/", "/courses/", "/verify/", "/demo/", "/accounts/login/?tab=password", "/accounts/login/?tab=code",
        "/accounts/register/", "/accounts/notice/", "/help/", "/notices/outbox-log/", "/api/v1/docs/",
    ),
    "learner_e": (
        "/home/", "/home/classes/{enrolment}/", "/learn/{enrolment}/{lesson}/", "/statement/{enrolment}/",
        "/home/subsidy/{enrolment}/", "/records/", "/accounts/me/", "/notices/", "/practice/scan/", "/help/mine/",
        "/subsidy/", "/courses/elderly-care-safety-and-moving/",
    ),
    "hr": ("/home/", "/classes/", "/classes/{run}/", "/classes/{run}/import/", "/claims/"),
    "provider": ("/home/", "/classes/{run}/", "/classes/new/", "/practice/", "/claims/"),
    "trainer": ("/home/", "/media-desk/", "/cms/", "/practice/", "/practice/{session}/"),
    "base": ("/home/", "/practice/", "/practice/{session}/", "/practice/{session}/board/"),
    "assessor": ("/home/", "/assessment/"),
    "officer": ("/home/", "/classes/", "/classes/filings/", "/claims/review/", "/claims/review/?show=decided"),
    "desk": ("/home/", "/accounts/desk/", "/accounts/desk/check/"),
    "operator": ("/home/", "/help/desk/"),
}  # fmt: skip


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
            if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                faults.append(f"{path}: wider than the screen")
            shoot(page, "page-" + (re.sub(r"[^a-z0-9]+", "-", f"{who}{pattern}").strip("-") or "landing"))
    assert faults == []


def fill_in(pattern: str, demo: Demo, who: str) -> str:
    facts = demo.facts
    return pattern.format(
        enrolment=facts["enrolments"].get(who, ""),
        lesson=facts["lessons"]["moving"],
        run=facts["class_run"],
        session=facts["practice_session"],
    )
