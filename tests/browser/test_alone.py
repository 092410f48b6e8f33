"""A worker alone, from a word in the search to a place in a class; and the people who help him on.

The tests of this file follow one another: they are the chapters of one story on one running demo.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.test_way import Shoot, seat, sign_in, until
from tests.factories.classes import id_number, mobile_number

NAME = "何玉梅"
PASSWORD = "Yumei-2026-home"


@dataclass(frozen=True)
class Worker:
    """Somebody whom this demo does not know yet."""

    id_number: str
    mobile: str
    next_mobile: str


@pytest.fixture(scope="module")
def worker() -> Worker:
    turn = time.time_ns() // 1_000_000_000 % 10_000_000
    return Worker(
        id_number=id_number(turn % 500 * 2, birth=f"19{70 + turn // 1000 % 30}0{turn // 500 % 9 + 1}15"),
        mobile=mobile_number(turn),
        next_mobile=mobile_number(90_000_000 + (turn * 7 + 3) % 10_000_000),
    )


def sms(browser: Browser, demo: Demo, mobile: str, words: str) -> str:
    """The newest message with these words to the number, from the log page that only the demo has."""
    with seat(browser, phone=True) as log:
        log.goto(f"{demo.address}/notices/outbox-log/")
        row = log.locator("li.row", has_text=mobile).filter(has_text=words)
        until(lambda: row.count() > 0 or not log.reload(), seconds=30, why=f"no message with {words} to {mobile}")
        return row.first.locator(".row-title").inner_text()


def code_for(browser: Browser, demo: Demo, mobile: str) -> str:
    found = re.search(r"\b(\d{6})\b", sms(browser, demo, mobile, "验证码"))
    assert found is not None
    return found.group(1)


def masked(mobile: str) -> str:
    return f"{mobile[:3]}****{mobile[-4:]}"


def come_in(page: Page, demo: Demo, identifier: str, password: str = PASSWORD) -> None:
    page.goto(f"{demo.address}/accounts/login/?tab=password")
    page.locator("[name=identifier]").fill(identifier)
    page.locator("[name=password]").fill(password)
    page.locator("#main form button.btn-primary").click()


def test_a_worker_finds_a_course_registers_and_joins_its_class(
    demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot, worker: Worker
) -> None:
    page = phone_page
    page.goto(f"{demo.address}/courses/")
    page.locator("[name=q]").fill("跌倒的应急")
    page.locator("[name=q]").press("Enter")
    found = page.locator("#main a", has_text="噎食与跌倒的应急处置")
    expect(found).to_have_count(1)
    shoot(page, "alone-search")
    found.first.click()
    expect(page.locator("body")).to_contain_text("谁付费")
    classes = page.locator("#classes")
    for words in ("您自付 480.00 元", "由您本人申领补贴", "浦东新区养老护理实训基地", "/ 30"):
        expect(classes).to_contain_text(words)
    shoot(page, "alone-course")

    page.locator("[data-join]").click()
    page.wait_for_url(re.compile("/accounts/register/"))
    wrong = worker.id_number[:-1] + ("1" if worker.id_number[-1] != "1" else "2")
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=id_number]").fill(wrong)
    page.locator("[name=mobile]").fill(worker.mobile)
    page.locator("[name=action][value=send]").click()
    expect(page.locator("[name=name]")).to_have_value(NAME)
    expect(page.locator("[name=id_number]")).to_have_value(wrong)
    page.locator("[name=code]").fill(code_for(chromium, demo, worker.mobile))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=agree]").check()
    page.locator("#main form button.btn-primary").click()
    expect(page.locator("#main")).to_contain_text("最后一位与前面的数字对不上")
    expect(page.locator("[name=id_number]")).to_have_value(wrong)
    expect(page.locator("[name=password]")).to_have_value(PASSWORD)
    shoot(page, "alone-wrong-check-digit")
    page.locator("[name=id_number]").fill(worker.id_number)
    page.locator("#main form button.btn-primary").click()

    page.wait_for_url(re.compile("/accounts/welcome/"))
    expect(page.locator("h1")).to_contain_text(NAME)
    expect(page.locator("body")).to_contain_text("L1")
    shoot(page, "alone-welcome")
    page.locator("main a.btn-primary, a.btn-primary.w-full").first.click()
    page.wait_for_url(re.compile("/classes/open/"))
    shoot(page, "alone-open-classes")
    page.locator("[data-join]").click()
    expect(page.locator("body")).to_contain_text("已报名")
    shoot(page, "alone-joined")
    page.goto(f"{demo.address}/home/")
    expect(page.locator("#main")).to_contain_text("噎食与跌倒的应急处置")
    shoot(page, "alone-home")
    page.goto(f"{demo.address}/courses/home-care-first-steps/")
    expect(page.locator("#classes")).to_contain_text("已报名")
    expect(page.locator("#classes")).to_contain_text(re.compile(r"\d+ / 30"))


def test_large_type_is_remembered_on_the_next_device(
    demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot, worker: Worker
) -> None:
    def size(page: Page) -> float:
        pixels: float = page.evaluate("parseFloat(getComputedStyle(document.querySelector('#main p')).fontSize)")
        return pixels

    come_in(phone_page, demo, worker.mobile)
    phone_page.wait_for_url(re.compile("/home/"))
    before = size(phone_page)
    phone_page.locator("large-type button").click()
    phone_page.wait_for_timeout(600)
    phone_page.goto(f"{demo.address}/home/")
    assert size(phone_page) > before * 1.1
    shoot(phone_page, "alone-home-large")
    with seat(chromium, phone=True) as other:
        come_in(other, demo, worker.mobile)
        other.wait_for_url(re.compile("/home/"))
        assert size(other) == size(phone_page)
        other.locator("large-type button").click()
        other.wait_for_timeout(600)
        other.goto(f"{demo.address}/home/")
        assert size(other) == before


def test_my_data_are_shown_taken_along_and_the_consent_withdrawn(
    demo: Demo, phone_page: Page, shoot: Shoot, worker: Worker
) -> None:
    page = phone_page
    come_in(page, demo, worker.mobile)
    page.wait_for_url(re.compile("/home/"))
    page.goto(f"{demo.address}/accounts/me/")
    shown = f"{worker.id_number[:3]}***********{worker.id_number[-4:]}"
    expect(page.locator("#main")).to_contain_text(shown)
    expect(page.locator("#main")).not_to_contain_text(worker.id_number)
    shoot(page, "alone-my-data")
    with page.expect_download() as taken:
        page.locator("form[action$='/export/'] button").click()
    data = json.loads(Path(taken.value.path()).read_text("utf-8"))
    assert data["person"]["name"] == NAME
    assert data["person"]["id_number"] == shown
    (place,) = data["enrolments"]
    assert place["class"] == "居家照护入门　社会学员班"
    assert place["on_whose_account"] == "person"
    for section in ("learning", "practice", "assessment", "records", "subsidy_decisions", "claims"):
        assert section in data, section

    page.locator("a[href$='/consent/platform/withdraw/']").click()
    shoot(page, "alone-withdraw")
    page.locator("button.btn-danger").click()
    page.wait_for_url(re.compile("/accounts/consent/"))
    expect(page.locator("h1")).to_contain_text("撤回")
    shoot(page, "alone-withdrawn")
    page.goto(f"{demo.address}/courses/home-care-first-steps/")
    page.goto(f"{demo.address}/home/")
    page.wait_for_url(re.compile("/accounts/consent/"))
    page.locator("#main form button.btn-primary").click()
    page.goto(f"{demo.address}/home/")
    expect(page.locator("#main")).to_contain_text("噎食与跌倒的应急处置")


def test_a_lost_number_is_replaced_at_the_desk_and_the_old_one_hears_of_it(
    demo: Demo, chromium: Browser, desktop_page: Page, shoot: Shoot, worker: Worker
) -> None:
    page = desktop_page
    sign_in(page, demo, "desk")
    page.goto(f"{demo.address}/accounts/desk/")
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=id_number]").fill(worker.id_number)
    page.locator("[name=mobile]").fill(worker.next_mobile)
    page.locator("[name=action][value=send]").click()
    page.locator("[name=code]").fill(code_for(chromium, demo, worker.next_mobile))
    page.locator("#main form button.btn-primary").last.click()
    expect(page.locator("#main")).to_contain_text("请先查验证件原件")
    shoot(page, "desk-card-not-seen")
    page.locator("[name=card_seen]").check()
    page.locator("#main form button.btn-primary").last.click()
    expect(page.locator("#main")).to_contain_text(worker.next_mobile[-4:])
    shoot(page, "desk-number-replaced")
    assert NAME not in sms(chromium, demo, worker.mobile, "本号码已不再用于登录职培云")
    with seat(chromium, phone=True) as phone:
        come_in(phone, demo, worker.mobile)
        expect(phone.locator("#main")).to_contain_text("不正确")
        come_in(phone, demo, worker.next_mobile)
        phone.wait_for_url(re.compile("/home/"))
        phone.goto(f"{demo.address}/accounts/me/")
        expect(phone.locator("#main")).to_contain_text(f"{masked(worker.mobile)} → {masked(worker.next_mobile)}")
        shoot(phone, "alone-number-history")


def test_the_firm_adds_one_person_and_imports_a_messy_list(
    demo: Demo, chromium: Browser, desktop_page: Page, shoot: Shoot
) -> None:
    page, run = desktop_page, demo.facts["class_run"]
    sign_in(page, demo, "hr")
    page.goto(f"{demo.address}/classes/{run}/people/")
    page.locator("[name=name]").fill("韩秀英")
    page.locator("[name=id_number]").fill("310115199205203659")
    page.locator("[name=mobile]").fill("13800010021")
    page.locator("[name=told]").check()
    page.locator("#main form button.btn-primary").click()
    expect(page.locator("#main")).to_contain_text("最后一位与前面的数字对不上")
    expect(page.locator("[name=name]")).to_have_value("韩秀英")
    shoot(page, "hr-add-wrong")
    page.locator("[name=id_number]").fill("310115199205203658")
    page.locator("#main form button.btn-primary").click()
    expect(page.locator("tbody")).to_contain_text("韩秀英")

    page.goto(f"{demo.address}/classes/{run}/import/")
    shoot(page, "hr-import")
    with page.expect_download() as taken:
        page.locator("#sample-roster").click()
    page.locator("input[type=file]").set_input_files(
        {"name": taken.value.suggested_filename, "mimeType": "application/octet-stream",
         "buffer": Path(taken.value.path()).read_bytes()}
    )  # fmt: skip
    page.locator("#main form button.btn-primary").click()
    page.wait_for_url(re.compile("/classes/imports/"))
    shoot(page, "hr-import-checked")
    faulty = page.locator("tr.is-bad")
    expect(faulty).to_have_count(4)
    for number, words in enumerate(("最后一位", "缺姓名", "11 位", "末几位")):
        expect(faulty.nth(number)).to_contain_text(words)
    expect(page.locator("tr", has_text="王桂芳")).to_contain_text("已在花名册上")

    for name, field, value in (
        ("孙丽娟", "id_number", "310116199307185127"),
        ("吴建国", "mobile", "13800010015"),
        ("郑晓梅", "id_number", "310120199502261433"),
    ):
        page.locator("tr.is-bad", has_text=name).locator("a.btn").click()
        page.locator(f"[name={field}]").fill(value)
        if name == "孙丽娟":
            shoot(page, "hr-import-mend")
        page.locator("#main form button.btn-primary").click()
        page.wait_for_url(re.compile(r"/classes/imports/\d+/$"))
    expect(page.locator("tr.is-bad")).to_have_count(1)
    page.locator("[name=told_people]").check()
    page.locator("#confirm-import").click()
    page.wait_for_load_state()
    shoot(page, "hr-imported")
    page.goto(f"{demo.address}/classes/{run}/")
    for name in ("赵敏", "钱文静", "孙丽娟", "吴建国", "郑晓梅", "冯雪莲"):
        expect(page.locator("tbody", has_text=name).first).to_be_visible()
    shoot(page, "hr-class")
    with seat(chromium, phone=True) as phone:
        sign_in(phone, demo, "hr")
        phone.goto(f"{demo.address}/classes/{run}/import/")
        shoot(phone, "hr-import")
        assert not phone.evaluate("document.documentElement.scrollWidth > innerWidth + 1")


def test_help_knows_the_page_and_the_operator_answers(
    demo: Demo, chromium: Browser, phone_page: Page, shoot: Shoot, worker: Worker
) -> None:
    page = phone_page
    come_in(page, demo, worker.next_mobile)
    page.wait_for_url(re.compile("/home/"))
    page.goto(f"{demo.address}/courses/home-care-first-steps/")
    page.locator("header a[href*='/help/']").click()
    question = "实训那天要自己带什么吗？"
    page.locator("[name=text]").fill(question)
    shoot(page, "help-ask")
    page.locator("#main form button.btn-primary").click()
    expect(page.locator("#main")).to_contain_text(question)
    shoot(page, "help-asked")
    with seat(chromium, phone=False) as desk:
        sign_in(desk, demo, "operator")
        desk.goto(f"{demo.address}/help/desk/")
        row = desk.locator("tr", has_text=question).last
        expect(row).to_contain_text("/courses/home-care-first-steps/")
        shoot(desk, "help-desk")
        row.locator("a").first.click()
        shoot(desk, "help-answer")
        desk.locator("[name=text]").fill("带身份证就可以，工装基地会发。")
        desk.locator("[name=close]").check()
        desk.locator("#main form button.btn-primary").click()
        desk.wait_for_load_state()
        shoot(desk, "help-answered")
    page.goto(f"{demo.address}/notices/")
    shoot(page, "help-notice")
    page.goto(f"{demo.address}/help/mine/")
    page.locator("a.row-link").first.click()
    expect(page.locator("#main")).to_contain_text("工装基地会发")
    shoot(page, "help-read")


def test_bad_input_at_the_desks_is_answered_in_words(demo: Demo, desktop_page: Page, shoot: Shoot) -> None:
    """A renamed text as a video, a course without a unit, a class that ends before it starts."""
    page = desktop_page
    sign_in(page, demo, "provider")
    page.goto(f"{demo.address}/media-desk/")
    text = {"name": "第一讲.mp4", "mimeType": "video/mp4", "buffer": "这只是一段文字。\n".encode() * 400}
    page.locator("input[type=file]").set_input_files(text)  # type: ignore[arg-type]
    row = page.locator("#main li", has_text="第一讲")
    expect(row).to_contain_text("这个文件不是视频", timeout=60_000)
    shoot(page, "bad-video")

    page.goto(f"{demo.address}/cms/")
    page.locator("a[href^='/cms/pages/']").first.click()
    index = re.search(r"/cms/pages/(\d+)/", page.url)
    assert index is not None
    page.goto(f"{demo.address}/cms/pages/add/courses/coursepage/{index.group(1)}/")
    page.locator("[name=title]").press_sequentially("没有单元的课程")
    page.locator("[name=intro]").fill("试一试。")
    page.locator("footer [data-w-dropdown-target=toggle]").click()
    page.locator("[name=action-publish]").click()
    expect(page.locator(".messages")).to_contain_text("课程还没有单元。请在“单元”页至少添加一节课，再发布。")
    shoot(page, "bad-course")
    assert page.request.get(f"{demo.address}/courses/没有单元的课程/").status == 404

    page.goto(f"{demo.address}/classes/new/?course={demo.facts['open_course']}")
    page.locator("[name=title]").fill("结班早于开班的班")
    page.locator("[name=starts_on]").fill("2027-03-20")
    page.locator("[name=ends_on]").fill("2027-03-10")
    page.locator("#main form button.btn-primary").last.click()
    words = "结班日期 2027-03-10 早于开班日期 2027-03-20。 请把结班日期改到开班当天或之后。"
    expect(page.locator("#main")).to_contain_text(words)
    expect(page.locator("[name=title]")).to_have_value("结班早于开班的班")
    shoot(page, "bad-class")
