"""The import contracts hold, and the ones we wrote ourselves find what is planted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests.architecture.contracts import DoorContract, SoleImporterContract

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> grimp.ImportGraph:
    """`hall` enters `vault` by the door and by the window, and `attic` opens a box that is not its own."""
    files = {
        "planted_house/__init__.py": "",
        "planted_house/vault/__init__.py": "",
        "planted_house/vault/api.py": "from planted_house.vault import models\n",
        "planted_house/vault/data.py": "",
        "planted_house/vault/models.py": "",
        "planted_house/vault/store.py": "import sqlite3\n",
        "planted_house/hall/__init__.py": "",
        "planted_house/hall/good.py": "from planted_house.vault import api, data\n",
        "planted_house/hall/bad.py": "from planted_house.vault.models import *\n",
        "planted_house/attic/__init__.py": "",
        "planted_house/attic/bad.py": "import sqlite3\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return grimp.build_graph("planted_house", include_external_packages=True, cache_dir=None)


def test_every_contract_holds() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_the_door_contract_finds_the_window_and_only_the_window(planted: grimp.ImportGraph) -> None:
    contract = DoorContract(
        name="door", session_options={}, contract_options={"packages": ["planted_house.*"], "doors": ["api", "data"]}
    )
    check = contract.check(planted, verbose=False)
    assert not check.kept
    assert check.metadata["breaches"] == [("planted_house.hall.bad", "planted_house.vault.models")]


def test_the_sole_importer_contract_finds_the_stranger(planted: grimp.ImportGraph) -> None:
    options = {"library": "sqlite3", "importer": "planted_house.vault.store"}
    contract = SoleImporterContract(name="s3", session_options={}, contract_options=options)
    check = contract.check(planted, verbose=False)
    assert not check.kept
    assert check.metadata["strangers"] == ["planted_house.attic.bad"]
