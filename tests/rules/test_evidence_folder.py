"""The folder of evidence sources: a file dropped in is the whole installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.data import UnitMode
from lms.evidence.data import UnknownSource
from lms.evidence.registry import SourceIsBroken, find_source, find_sources, installed_sources


def test_sources_are_found_by_scanning() -> None:
    assert {code: source.mode for code, source in installed_sources().items()} == {
        "assessment": UnitMode.ASSESSMENT,
        "live": UnitMode.LIVE,
        "practice": UnitMode.PRACTICE,
        "video": UnitMode.VIDEO,
    }
    with pytest.raises(UnknownSource):
        find_source("telepathy")


def planted(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> dict[str, object]:
    name = f"planted_{folder.name}"
    package = folder / name
    package.mkdir()
    (package / "__init__.py").touch()
    for module, text in files.items():
        (package / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    return dict(find_sources(str(package), name))


ONE = """
from dataclasses import replace
from lms.evidence.sources.live import SOURCE as LIVE
SOURCE = replace(LIVE, code="vr")
"""


def test_a_file_dropped_in_is_the_whole_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(planted(tmp_path, monkeypatch, vr_rig=ONE)) == ["vr"]


def test_two_files_with_one_code_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceIsBroken, match=r"vr_rig and .*other_rig both claim"):
        planted(tmp_path, monkeypatch, vr_rig=ONE, other_rig=ONE)


def test_a_file_without_a_source_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceIsBroken, match="empty has no SOURCE"):
        planted(tmp_path, monkeypatch, empty="")
