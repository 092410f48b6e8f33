"""The set-up of a bare machine: what it decides before anything is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polib
import pytest

from lms.config import bootstrap
from lms.config.translations import compile_catalogues
from tests.engines import ROOT


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.9", False),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("v18.20.4", False),
        ("", False),
    ],
)
def test_node_is_taken_only_if_vite_takes_it(version: str, enough: bool) -> None:
    assert bootstrap.node_is_new_enough(version) is enough


def test_a_failing_step_shows_its_end_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(bootstrap.SetUpTrouble) as caught:
        bootstrap.run(
            [sys.executable, "-c", "print('no disk left'); raise SystemExit(3)"], lambda _t: None, "Free 1 GB."
        )
    assert "no disk left" in str(caught.value)
    assert str(caught.value).endswith("Free 1 GB.")
    with pytest.raises(bootstrap.SetUpTrouble, match="cannot be run"):
        bootstrap.run([tmp_path / "missing"], lambda _t: None, "Install it.")


def test_the_bootstrap_needs_nothing_installed() -> None:
    """A Python without site-packages can import it: that is all a bare machine has."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); import lms.config.bootstrap"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_catalogues_are_compiled_when_they_changed(tmp_path: Path) -> None:
    folder = tmp_path / "player" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Hours"\nmsgstr "学时"\n'
    )
    assert compile_catalogues(tmp_path) == 1
    assert [(entry.msgid, entry.msgstr) for entry in polib.mofile(str(folder / "django.mo"))] == [("Hours", "学时")]
    assert compile_catalogues(tmp_path) == 0
