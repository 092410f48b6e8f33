"""The main job in a real browser: the last two minutes, the practice base, the claim, and those who get nothing.

The tests of this file follow one another: they are the chapters of one story on one running demo.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE_AGENT, Demo
from tests.engines import ROOT

Shoot = Callable[[Page, str], Path]


def sign_in(page: Page, demo: Demo, who: str) -> None:
    account = demo.facts["accounts"][who]
    page.goto(f"{demo.address}/accounts/login/?tab=password")
    page.locator("[name=identifier]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("form button.btn-primary").click()
    page.wait_for_url(re.compile(r"/home/"))


@contextmanager
def seat(browser: Browser, *, phone: bool) -> Iterator[Page]:
    """A browser of one's own for somebody who comes in beside the main figure."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
        user_agent=PHONE_AGENT if phone else None,
        is_mobile=phone,
        has_touch=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    yield context.new_page()
    context.close()


def until(what: Callable[[], bool], *, seconds: int, why: str) -> None:
    """Waits for something that happens behind the page."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why
        time.sleep(1)


def keep_playing(page: Page) -> bool:
    """Presses play again where the player asks for it, as a person on a weak network does."""
    if page.locator("[data-chip]").get_attribute("data-state") in {"paused", "failed", "idle", "elsewhere"}:
        page.locator("[data-toggle]").click()
    return True


def pause(page: Page) -> None:
    """A finger on the picture brings the bar back, a second one pauses."""
    picture = page.locator("video")

    def touched() -> bool:
        picture.tap()
        return bool(picture.evaluate("video => video.paused"))

    until(touched, seconds=30, why="touches on the picture do not pause")


def statement(page: Page, demo: Demo, who: str) -> dict[str, Any]:
    enrolment = demo.facts["enrolments"][who]
    answer = page.request.get(f"{demo.address}/api/v1/enrolments/{enrolment}/statement/")
    assert answer.ok, answer.text()
    body: dict[str, Any] = answer.json()
    return body


def credited(body: dict[str, Any], mode: str) -> int:
    seconds: int = body["modes"].get(mode, 0)
    return seconds


def read_qr(board: Page) -> str:
    """What a phone's camera reads from the base's screen: the picture itself is decoded."""
    picture = base64.b64encode(board.locator("#main svg").first.screenshot()).decode()
    reader = board.context.new_page()
    reader.goto("about:blank")
    text: str = reader.evaluate(
        """async ([source, picture]) => {
            const module = { exports: {} };
            new Function('module', 'exports', source)(module, module.exports);
            const read = module.exports.default ?? module.exports;
            const image = new Image();
            image.src = `data:image/png;base64,${picture}`;
            await image.decode();
            const canvas = document.createElement('canvas');
            canvas.width = image.width;
            canvas.height = image.height;
            const paper = canvas.getContext('2d');
            paper.drawImage(image, 0, 0);
            const pixels = paper.getImageData(0, 0, image.width, image.height);
            return read(pixels.data, pixels.width, pixels.height)?.data ?? '';
        }""",
        [(ROOT / "frontend/node_modules/jsqr/dist/jsQR.js").read_text(), picture],
    )
    reader.close()
    assert "/practice/scan/" in text, "the screen's QR code could not be read"
    return text


def scan(phone: Page, board: Page, demo: Demo, kind: str) -> None:
    """The base's screen shows the code for coming or going; the phone scans it and confirms."""
    board.goto(f"{demo.address}/practice/{demo.facts['practice_session']}/board/?kind={kind}")
    phone.goto(read_qr(board))
    phone.locator("#sign-now").click()
    phone.wait_for_load_state()
    assert phone.locator("#sign-now").count() == 0


def command(demo: Demo, *words: str) -> subprocess.CompletedProcess[str]:
    """A management command on the running demo's engines."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **platform_environment(demo)},
        capture_output=True,
        text=True,
        check=False,
    )


def platform_environment(demo: Demo) -> dict[str, str]:
    kept: dict[str, str] = json.loads((demo.folder / "environment.json").read_text())
    return kept


@pytest.mark.timeout(900)
def test_the_last_two_minutes_bring_record_decision_and_claim_line(demo: Demo, phone_page: Page, shoot: Shoot) -> None:
    page = phone_page
    sign_in(page, demo, "learner_a")
    shoot(page, "learner-home-before")
    before = statement(page, demo, "learner_a")
    assert credited(before, "video") == 5400 - 120
    page.locator("#next-step").click()
    page.wait_for_url(re.compile(r"/learn/"))
    shoot(page, "player-before")
    page.locator("[data-start]").click()
    chip = page.locator("[data-chip]")
    expect(chip).to_have_attribute("data-state", "counting", timeout=30_000)
    until(
        lambda: credited(statement(page, demo, "learner_a"), "video") > 5400 - 120, seconds=60,
        why="no second was credited in a minute of watching",
    )  # fmt: skip
    growing = page.locator('[data-figure="credited"]').inner_text()
    shoot(page, "player-counting")
    pause(page)
    expect(chip).to_have_attribute("data-state", "paused")
    time.sleep(4)  # longer than what the server joins by itself: the pause must leave no hole
    page.locator("[data-toggle]").click()
    until(
        lambda: keep_playing(page) and credited(statement(page, demo, "learner_a"), "video") == 5400, seconds=420,
        why="the lesson was not credited in full",
    )  # fmt: skip
    expect(page.locator('[data-figure="credited"]')).not_to_have_text(growing, timeout=30_000)
    page.goto(f"{demo.address}/records/")
    until(
        lambda: bool(page.reload()) and page.locator("text=PXHG-310000").count() > 0, seconds=60,
        why="no completion record appeared",
    )  # fmt: skip
    shoot(page, "records")
    page.goto(f"{demo.address}/home/subsidy/{demo.facts['enrolments']['learner_a']}/")
    expect(page.locator("body")).to_contain_text("195.00")
    shoot(page, "outlook-a")


def test_a_learner_signs_in_and_out_at_the_base(demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot) -> None:
    """The base shows a code that changes; learner A scans it on coming and on going."""
    sign_in(phone_page, demo, "learner_a")
    with seat(chromium, phone=False) as board:
        sign_in(board, demo, "base")
        for kind in ("in", "out"):
            scan(phone_page, board, demo, kind)
            shoot(board, f"board-{kind}")
            shoot(phone_page, f"scanned-{kind}")


def test_learner_d_signs_out_and_is_credited_within_the_schedule(
    demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot
) -> None:
    sign_in(phone_page, demo, "learner_d")
    assert credited(statement(phone_page, demo, "learner_d"), "practice") == 0
    with seat(chromium, phone=False) as board:
        sign_in(board, demo, "base")
        scan(phone_page, board, demo, "out")
    until(
        lambda: credited(statement(phone_page, demo, "learner_d"), "practice") > 0, seconds=60,
        why="the sign-out brought no practice time",
    )  # fmt: skip
    assert 10_000 <= credited(statement(phone_page, demo, "learner_d"), "practice") <= 10_800
    shoot(phone_page, "learner-d-done")


def test_the_employer_submits_and_the_officer_approves_195_yuan_for_learner_a(
    demo: Demo, chromium: Browser, desktop_page: Page, shoot: Shoot
) -> None:
    page = desktop_page
    sign_in(page, demo, "hr")
    shoot(page, "hr-home")
    page.goto(f"{demo.address}/claims/")
    page.locator("tbody a").first.click()
    row = page.locator("tbody tr", has_text="王桂芳")
    expect(row).to_contain_text("195.00")
    for name, clause in (("陈志强", "HRS-01"), ("李雨桐", "HRS-03")):
        expect(page.locator("li", has=page.locator("summary", has_text=name)).first).to_contain_text(clause)
    shoot(page, "claim-draft")
    number = page.url.rstrip("/").rsplit("/", 1)[-1]
    page.locator("#submit-claim").click()
    page.wait_for_load_state()
    shoot(page, "claim-submitted")
    page.goto(f"{demo.address}/claims/{number}/")
    expect(page.locator("#submit-claim")).to_have_count(0)
    with seat(chromium, phone=False) as officer:
        sign_in(officer, demo, "officer")
        shoot(officer, "officer-home")
        officer.goto(f"{demo.address}/claims/{number}/")
        shoot(officer, "claim-review")
        officer.locator("a", has_text="逐条").first.click()
        shoot(officer, "decision")
        expect(officer.locator("body")).to_contain_text("GEN-01")
        officer.goto(f"{demo.address}/claims/{number}/")
        officer.locator("input[name=verdict][value=approve]").check()
        officer.locator("#review-claim").click()
        officer.wait_for_load_state()
        shoot(officer, "claim-approved")
        with officer.expect_download() as download:
            officer.locator("form[data-download] button").click()
        rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    by_name = {row[5]: row for row in rows[1:-1]}
    mine = next(row for name, row in by_name.items() if name.startswith("王"))
    assert mine[2] == "上海康颐护理服务有限公司"
    assert mine[-1] == "195.00"
    assert rows[-1][0] == "合计"


def test_the_cheat_earned_only_the_time_that_really_passed(demo: Demo, phone_page: Page, shoot: Shoot) -> None:
    sign_in(phone_page, demo, "learner_b")
    body = statement(phone_page, demo, "learner_b")
    honest_minutes, seconds_the_cheating_took = 6, 15 + 15
    assert credited(body, "video") == honest_minutes * 60 + seconds_the_cheating_took
    phone_page.goto(f"{demo.address}/statement/{demo.facts['enrolments']['learner_b']}/")
    shoot(phone_page, "statement-b")
    phone_page.goto(f"{demo.address}/home/subsidy/{demo.facts['enrolments']['learner_b']}/")
    expect(phone_page.locator("body")).to_contain_text("HRS-01")


def test_without_practice_the_clause_is_named(demo: Demo, phone_page: Page, shoot: Shoot) -> None:
    sign_in(phone_page, demo, "learner_c")
    phone_page.goto(f"{demo.address}/home/subsidy/{demo.facts['enrolments']['learner_c']}/")
    expect(phone_page.locator("body")).to_contain_text("HRS-03")
    shoot(phone_page, "outlook-c")


def test_other_peoples_pages_do_not_exist(demo: Demo, phone_page: Page) -> None:
    sign_in(phone_page, demo, "learner_c")
    other = demo.facts["enrolments"]["learner_a"]
    for path in (
        f"/statement/{other}/", f"/home/classes/{other}/", f"/home/subsidy/{other}/",
        f"/api/v1/enrolments/{other}/statement/", "/claims/", "/claims/review/", "/help/desk/", "/media-desk/",
    ):  # fmt: skip
        answer = phone_page.request.get(f"{demo.address}{path}")
        assert answer.status == 404, path


def test_anybody_verifies_the_record_and_an_edit_behind_our_back_is_named(
    demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot
) -> None:
    sign_in(phone_page, demo, "learner_a")
    phone_page.goto(f"{demo.address}/records/")
    link = phone_page.locator("a[href^='/verify/']").first.get_attribute("href")
    with seat(chromium, phone=True) as anybody:
        anybody.goto(f"{demo.address}{link}")
        expect(anybody.locator("h1")).to_contain_text("真实有效")
        shoot(anybody, "verify")
    sound = command(demo, "verify_ledger")
    assert sound.returncode == 0, sound.stdout + sound.stderr
    with psycopg.connect(platform_environment(demo)["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for (table,) in owner.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ledger_entry'::regclass"
        ).fetchall():
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE ledger_entry SET seconds = seconds + 600, milliseconds = milliseconds + 600000 "
            "WHERE (learner_id, seq) = "
            "(SELECT learner_id, seq FROM ledger_entry WHERE kind = 'credit' ORDER BY learner_id, seq LIMIT 1)"
        )
    broken = command(demo, "verify_ledger")
    assert broken.returncode == 1
    assert "BROKEN learner" in broken.stdout
