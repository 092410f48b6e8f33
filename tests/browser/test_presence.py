"""A learner whose class asks for presence, on a phone: asked, confirmed, and once missed with the way back shown."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo
from tests.browser.test_way import Shoot, keep_playing, pause, sign_in, until

HAND_MS = 600


def pick(page: Page, *, right: bool) -> None:
    """A finger on the number that is shown, or on another one, as slowly as a finger is."""
    code = page.locator("[data-presence-sheet] [data-code]").inner_text()
    page.wait_for_timeout(HAND_MS)
    choices = page.locator("[data-presence-sheet] [data-answer]")
    exactly = re.compile(f"^{code}$")
    choice = choices.filter(has_text=exactly) if right else choices.filter(has_not_text=exactly)
    choice.first.tap()


def wait_for_waiting_seconds(page: Page) -> None:
    """Something was watched that waits for a confirmation."""
    shown = page.locator("[data-if-unconfirmed]")
    until(lambda: keep_playing(page) and shown.is_visible(), seconds=120, why="nothing waits for a confirmation")
    pause(page)


def seconds_of(page: Page, figure: str) -> int:
    minutes, seconds = page.locator(f"[data-figure={figure}]").first.inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


def test_a_learner_is_asked_confirms_and_sees_what_a_miss_costs(phone_page: Page, demo: Demo, shoot: Shoot) -> None:
    page, sheet = phone_page, phone_page.locator("[data-presence-sheet]")
    sign_in(page, demo, "learner_f")
    page.goto(f"{demo.address}/learn/{demo.facts['checked_enrolment']}/{demo.facts['checked_lesson']}/")
    assert seconds_of(page, "credited") == 0
    # the lesson opens with a check
    page.locator("[data-start]").tap()
    expect(sheet.locator("[data-code]")).to_have_text(re.compile(r"^\d\d$"), timeout=60_000)
    expect(page.locator("[data-chip]")).to_have_attribute("data-state", "waiting")
    shoot(page, "presence-check")
    pick(page, right=True)
    expect(sheet).not_to_have_attribute("open", "", timeout=15_000)
    # what is watched waits, and counts once it is confirmed
    wait_for_waiting_seconds(page)
    before = seconds_of(page, "credited")  # at most what ran until the first check was on the screen
    page.locator("[data-confirm]").tap()
    expect(sheet.locator("[data-code]")).to_be_visible()
    pick(page, right=True)
    expect(sheet).not_to_have_attribute("open", "", timeout=15_000)
    until(lambda: seconds_of(page, "credited") > before, seconds=60, why="what was confirmed is not credited")
    expect(page.locator("[data-if-unconfirmed]")).to_be_hidden(timeout=30_000)
    credited = seconds_of(page, "credited")
    # three wrong numbers: missed; the sheet says what to watch again and leads there
    wait_for_waiting_seconds(page)
    page.locator("[data-confirm]").tap()
    expect(sheet.locator("[data-code]")).to_be_visible()
    for _ in range(3):
        code = sheet.locator("[data-code]").inner_text()
        pick(page, right=False)
        until(
            lambda code=code: (  # type: ignore[misc]  # a default binds the text
                sheet.locator("[data-check=missed]").is_visible() or sheet.locator("[data-code]").inner_text() != code
            ),
            seconds=15,
            why="the answer is not judged",
        )
    expect(sheet.locator("[data-check=missed]")).to_be_visible()
    again = sheet.locator("[data-again] li")
    expect(again.first).to_be_visible(timeout=30_000)
    shoot(page, "presence-missed")
    place = float(again.first.locator("[data-jump]").get_attribute("data-jump") or "-1")
    assert abs(place - credited) <= 5
    again.first.locator("[data-jump]").tap()
    expect(sheet).not_to_have_attribute("open", "")
    until(
        lambda: (
            keep_playing(page) and page.locator("video").evaluate("video => !video.paused && video.currentTime > 0")
        ),
        seconds=60,
        why="the video does not go on where the miss began",
    )
    assert page.locator("video").evaluate("video => video.currentTime") < place + 30
    assert seconds_of(page, "credited") == credited
    expect(page.locator("[data-refusals] li").first).to_be_visible(timeout=30_000)
