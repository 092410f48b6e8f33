"""A weak network: the lesson waits, says so, and goes on by itself; nobody presses play a second time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.test_way import seat, sign_in

PLAYING = "(() => { const video = document.querySelector('video'); return !video.paused && video.readyState >= 3; })()"


@pytest.mark.timeout(400)
def test_the_lesson_goes_on_by_itself_after_the_network_was_gone(demo: Demo, chromium: Browser) -> None:
    with seat(chromium, phone=True) as page:
        sign_in(page, demo, "learner_e")
        page.goto(f"{demo.address}/learn/{demo.facts['enrolments']['learner_e']}/{demo.facts['lessons']['moving']}/")
        chip = page.locator("[data-chip]")
        say = page.locator("[data-say]")

        offline(page, True)
        page.locator("[data-start]").click()
        expect(say).to_have_text("没有网络，恢复后自动继续播放", timeout=15_000)
        offline(page, False)
        expect(chip).to_have_attribute("data-state", "counting", timeout=60_000)
        expect(say).to_be_hidden()

        offline(page, True)
        page.evaluate("document.querySelector('video').currentTime -= 400")  # where nothing is buffered
        expect(say).to_have_text("没有网络，恢复后自动继续播放", timeout=30_000)
        assert page.evaluate("document.querySelector('video').readyState") < 3
        offline(page, False)
        expect(chip).to_have_attribute("data-state", "counting", timeout=90_000)
        assert page.evaluate(PLAYING)
        expect(say).to_be_hidden()


@pytest.mark.timeout(200)
def test_what_the_learner_paused_stays_paused(demo: Demo, chromium: Browser) -> None:
    with seat(chromium, phone=True) as page:
        sign_in(page, demo, "learner_e")
        page.goto(f"{demo.address}/learn/{demo.facts['enrolments']['learner_e']}/{demo.facts['lessons']['moving']}/")
        page.locator("[data-start]").click()
        chip = page.locator("[data-chip]")
        expect(chip).to_have_attribute("data-state", "counting", timeout=60_000)
        page.locator("[data-toggle]").click()
        offline(page, True)
        page.wait_for_timeout(6000)
        offline(page, False)
        page.wait_for_timeout(6000)
        expect(chip).to_have_attribute("data-state", "paused")
        assert page.evaluate("document.querySelector('video').paused")


def offline(page: Page, gone: bool) -> None:
    page.context.set_offline(gone)
