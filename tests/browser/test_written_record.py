"""A decision on paper: one legible sheet of A4, whoever prints it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Demo
from tests.browser.test_way import keep_playing, seat, sign_in, until

LEGIBLE_PX = 11  # 8.25 pt, the body type of a printed form


@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", ["learner_a", "hr"])
def test_a_decision_prints_on_one_page(demo: Demo, chromium: Browser, who: str) -> None:
    with seat(chromium, phone=False) as page:
        sign_in(page, demo, "learner_a")
        path = decision_of(page, demo)
    with seat(chromium, phone=False) as page:
        sign_in(page, demo, who)
        page.goto(f"{demo.address}{path}")
        sheet = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
        page.emulate_media(media="print")
        smallest = page.evaluate(
            "Math.min(...[...document.querySelectorAll('#clauses td')]"
            ".map((one) => parseFloat(getComputedStyle(one).fontSize)))"
        )
        assert smallest >= LEGIBLE_PX
        text = page.inner_text("main")
        for words in ("195.00", "GEN-01", "SG-02", "9028", "参考政策集，不代表主管部门。"):
            assert words in text


def decision_of(page: Page, demo: Demo) -> str:
    """Learner A's decision; where nobody has played the last two minutes yet, they are played here."""
    link = page.locator("main a[href^='/subsidy/decisions/']").first
    page.goto(f"{demo.address}/subsidy/")
    if not link.count():
        page.goto(f"{demo.address}/learn/{demo.facts['enrolments']['learner_a']}/{demo.facts['lessons']['moving']}/")
        page.locator("[data-start]").click()
        chip = page.locator("[data-chip]")
        until(
            lambda: chip.get_attribute("data-state") == "done" or not keep_playing(page),
            seconds=400,
            why="the lesson never ended",
        )
    end = time.monotonic() + 120
    while not link.count():
        assert time.monotonic() < end, "no decision came"
        time.sleep(2)
        page.goto(f"{demo.address}/subsidy/")
    path = link.get_attribute("href")
    assert path is not None
    return path
