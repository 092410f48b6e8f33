"""The whole platform under its supervisor, as a newcomer runs it; only the demo people are left out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from lms.config.engines import ports
from lms.config.engines.installation import DRAFT
from lms.config.engines.postgres import SUPERUSER
from tests.platform import Platform, platform

ALL = {"postgres", "streams", "cache", "storage", "web", "worker", "worker-media", "beat"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Its first start was killed while it migrated; the second one made it."""
    with platform(tmp_path_factory.mktemp("platform") / "var", Platform) as made:
        killed = made.command("--bare")
        _until(lambda: _migrations_noted(made.folder) > 20, seconds=180)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
        _until(lambda: _family_of(made.folder) == [])
        made.start("--bare")
        yield made


def _migrations_noted(folder: Path) -> int:
    """How far the first migration is, in the draft that it works on."""
    try:
        port = json.loads((folder / "ports.json").read_text())["postgres"]
        password = json.loads((folder / "secrets" / "secrets.json").read_text())["postgres"]
        with psycopg.connect(host="127.0.0.1", port=port, user=SUPERUSER, password=password, dbname=DRAFT) as draft:
            return int((draft.execute("SELECT count(*) FROM django_migrations").fetchone() or (0,))[0])
    except (OSError, psycopg.Error):
        return 0


def _until(question: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.2)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _family_of(folder: Path) -> list[int]:
    """Every living process whose command line or environment names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in text and _alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def test_every_engine_and_every_queue_serves(running: Platform) -> None:
    assert set(running.children()) == ALL
    _until(lambda: running.health()[0] == 200)
    status, told = running.health()
    assert (status, told["failing"]) == (200, [])


def test_each_step_was_shown(running: Platform) -> None:
    shown = re.findall(r"✓ ([^(\n]+?)(?: \(|  )", running.told())
    assert shown.pop(0) == "PostgreSQL, Valkey"  # of the start that was killed
    assert shown == ["PostgreSQL, Valkey", "database roles and schema", "S3, web, workers, beat"]
    assert f"ready:  {running.address}" in running.told()


def test_a_second_start_on_the_same_folder_is_refused(running: Platform) -> None:
    before = running.children()
    second = running.command("--bare")
    assert second.wait(30) == 1
    assert f"already runs from {running.folder} (process {running.pid}, {running.address})" in running.told()
    assert running.children() == before


def test_a_taken_port_is_named(running: Platform, tmp_path: Path) -> None:
    with platform(tmp_path / "var", Platform) as other:
        other.port = running.port
        assert other.command("--bare").wait(30) == 1
        assert f"port {running.port} is taken by another program" in other.told()
        assert f"PORT={running.port + 1} make demo" in other.told()


@pytest.mark.parametrize("name", ["web", "worker", "worker-media", "beat", "postgres", "streams"])
def test_a_killed_part_heals(running: Platform, name: str) -> None:
    old = running.children()[name]
    os.kill(old, signal.SIGKILL)
    _until(lambda: running.children()[name] != old and running.told().count(f"{name} serves again") > 0)
    _until(lambda: running.health()[0] == 200)
    assert set(running.children()) == ALL


def test_a_killed_supervisor_leaves_nobody_and_the_next_one_takes_over(running: Platform) -> None:
    os.kill(running.pid, signal.SIGKILL)
    running.end(signal.SIGKILL)
    _until(lambda: _family_of(running.folder) == [], seconds=15)
    running.start("--bare")
    _until(lambda: running.health()[0] == 200)


def test_ctrl_c_leaves_no_process_and_no_listener(running: Platform) -> None:
    known = [*running.children().values(), running.pid]
    told = (running.folder / "ports.json").read_text()
    numbers = [int(number) for number in re.findall(r": (\d+)", told)] + [running.port]
    assert running.end(signal.SIGINT) == 0
    assert [pid for pid in known if _alive(pid)] == []
    assert _family_of(running.folder) == []
    assert [number for number in numbers if not ports.is_free(number)] == []
    assert (running.folder / "ports.json").read_text() == told
    running.start("--bare")
    assert "database roles and schema" not in running.told().rpartition("stopped.")[2]


def test_stop_from_another_window_ends_it_as_sigterm_does(running: Platform) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lms.config.engines.stop"],
        cwd=Path(__file__).parents[2],
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "stopped.")
    assert running.wait() == 0
    assert _family_of(running.folder) == []
