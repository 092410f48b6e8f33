"""One archive for all tests of the verifier: they need neither the database nor our packages afterwards."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lms.db.api import public_keys
from tests.conftest import DATABASE
from tests.engines import ROOT
from tests.factories.archive import Hall, make_archive, make_hall, tell_story
from tests.lmsplugin import ENGINES

VERIFIER = ROOT / "docs" / "verifier" / "verify_archive.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Two archives that share a learner, as bytes, and what the ledger said when they were made."""

    hall: Hall
    first: bytes
    second: bytes
    third: bytes
    key: Path
    seconds: dict[tuple[int, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    code: int
    lines: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(line.removeprefix("FAULT ") for line in self.lines if line.startswith("FAULT "))


@pytest.fixture(scope="package")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    from lms.ledger.api import statement_for
    from tests.factories.archive import MADE_AT

    key = tmp_path_factory.mktemp("keys") / "platform.pem"
    spki = bytes.fromhex("302a300506032b6570032100")
    blocks = (base64.b64encode(spki + bytes.fromhex(one)).decode() for one in public_keys().values())
    key.write_text("".join(f"-----BEGIN PUBLIC KEY-----\n{one}\n-----END PUBLIC KEY-----\n" for one in blocks))
    ENGINES.need("streams")
    with django_db_blocker.unblock():
        hall = make_hall()
        tell_story(hall)
        places = (hall.honest, hall.cheat, hall.busy, hall.gone, hall.busy_elsewhere, hall.full, hall.seen)
        seconds = {
            (place.enrolment_id, line.unit_key): line.credited_seconds
            for place in places
            for line in statement_for(enrolment_id=place.enrolment_id, now=MADE_AT).units
        }
        first, second, third = (make_archive(run) for run in (hall.run, hall.other, hall.third))
        DATABASE.restore()
    return Made(hall=hall, first=first, second=second, third=third, key=key, seconds=seconds)


@pytest.fixture
def verify(made: Made, tmp_path: Path) -> Callable[..., Said]:
    """Runs the verifier as an auditor does: another process, no packages, no settings, no environment."""

    def run(*archives: bytes) -> Said:
        paths = []
        for number, content in enumerate(archives):
            path = tmp_path / f"class-{number}.zip"
            path.write_bytes(content)
            paths.append(str(path))
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(VERIFIER), *paths, "--key", str(made.key)],
            cwd=tmp_path, env={"PYTHONUTF8": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        return Said(code=done.returncode, lines=tuple(done.stdout.splitlines()))

    return run
