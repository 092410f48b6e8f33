"""The demo's class leaves as an archive: asked for on the page, made by the worker, checked without the platform."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Demo
from tests.browser.test_way import seat, sign_in
from tests.engines import ROOT

VERIFIER = ROOT / "docs" / "verifier" / "verify_archive.py"


@pytest.mark.timeout(300)
def test_the_archive_of_the_demo_is_made_downloaded_and_verified(demo: Demo, chromium: Browser, tmp_path: Path) -> None:
    with seat(chromium, phone=False) as page:
        sign_in(page, demo, "officer")
        page.goto(f"{demo.address}/classes/{demo.facts['class_run']}/")
        page.get_by_role("link", name="一期一档").click()
        page.get_by_label("档案用途").fill("审计抽查")
        page.get_by_role("button", name="生成档案").click()
        expect(page.locator("lms-poll")).to_contain_text("已生成 ·", timeout=120_000)
        page.screenshot(path=ROOT / "var" / "screenshots" / "archive-made-1440.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=ROOT / "var" / "screenshots" / "archive-made-390.png", full_page=True)
        page.get_by_label("下载用途").first.fill("审计抽查")
        page.get_by_role("button", name="下载").first.click()
        with page.expect_download() as download:
            page.get_by_role("link", name="保存档案").click()
        archive = tmp_path / download.value.suggested_filename
        download.value.save_as(archive)
        with page.expect_download() as keys:
            page.evaluate("location.href = '/archive/platform.pem'")
        keys.value.save_as(tmp_path / "platform.pem")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(archive), "--key", str(tmp_path / "platform.pem")],
        cwd=tmp_path, env={"PYTHONUTF8": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "worked out 2700 s, ledger 2700 s: equal" in done.stdout
