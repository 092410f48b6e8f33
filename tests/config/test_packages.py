"""The written list of packages says what is on the disk: nothing forgotten, nothing that is not there."""

from __future__ import annotations

from lms.config.settings import packages
from tests.engines import ROOT


def on_disk(file: str) -> set[str]:
    folders = [*(ROOT / "lms").iterdir(), ROOT / "courses", ROOT / "media"]
    found = {folder for folder in folders if (folder / file).exists() and folder.name != "config"}
    return {".".join(folder.relative_to(ROOT).parts) for folder in found}


def test_every_package_is_installed_once() -> None:
    assert len(set(packages.OUR_APPS)) == len(packages.OUR_APPS)
    assert set(packages.OUR_APPS) == on_disk("apps.py")


def test_every_list_of_addresses_and_of_endpoints_is_included() -> None:
    assert set(packages.URLS) == {f"{name}.urls" for name in on_disk("urls.py")}
    assert set(packages.OPENAPI) == {f"{name}.openapi" for name in on_disk("openapi.py")}
