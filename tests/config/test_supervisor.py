"""The supervisor keeps its family alive and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from lms.config.engines import ports, postgres, s3, valkey
from lms.config.engines.engine import Engine, EngineTrouble
from lms.config.engines.supervisor import Family
from tests.engines import ROOT

PASSWORD = "test"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def _until(question: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


SLEEPER = Engine(name="sleeper", argv=(sys.executable, "-c", "import time; time.sleep(600)"), ready=lambda: True)


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[tuple[Family, list[str]]]:
    said: list[str] = []
    made = Family(logs=tmp_path, say=said.append)
    yield made, said
    await made.stop()


async def test_each_engine_comes_back_with_its_data_after_kill_9(
    family: tuple[Family, list[str]], tmp_path: Path
) -> None:
    made, said = family
    numbers = ports.free_ports(2 + len(s3.PORTS), seed=os.getpid() + 4711)
    cluster = postgres.Cluster(
        data_dir=tmp_path / "postgres", port=numbers[0], passwords={postgres.SUPERUSER: PASSWORD}
    )
    store = s3.Store(
        folder=tmp_path / "s3",
        ports=dict(zip(s3.PORTS, numbers[2:], strict=True)),
        bucket="kept",
        access_key="access",
        secret_key="secret",
        origins=[],
    )
    streams = valkey.engine(
        name="streams", folder=tmp_path / "streams", port=numbers[1], password=PASSWORD, durable=True
    )
    engines = {"postgres": postgres.engine(cluster), "streams": streams, "storage": s3.engine(store)}
    await made.add_and_wait(list(engines.values()))
    with psycopg.connect(cluster.url(postgres.SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert valkey.ask(numbers[1], PASSWORD, "XADD", "beats", "1-1", "a", "b") == b"$3"

    for name, engine in engines.items():
        old = made.pids()[name]
        os.kill(old, signal.SIGKILL)
        await _until(lambda: made.pids().get(name) not in (None, old) and engine.ready())  # noqa: B023

    assert [line.split(" ended")[0] for line in said if " ended (killed by SIGKILL)" in line] == list(engines)
    with psycopg.connect(cluster.url(postgres.SUPERUSER, "postgres")) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert valkey.ask(numbers[1], PASSWORD, "XLEN", "beats") == b":1"
    assert s3.serves(store.place)

    pids = list(made.pids().values())
    await made.stop()
    assert [pid for pid in pids if _alive(pid)] == []
    assert [port for port in numbers if not ports.is_free(port)] == []


async def test_a_program_that_never_serves_is_ended_and_its_log_shown(
    family: tuple[Family, list[str]],
) -> None:
    made, _said = family
    argv = (
        sys.executable,
        "-uc",
        "import os, time; print('pid', os.getpid(), 'cannot open the door'); time.sleep(600)",
    )
    with pytest.raises(EngineTrouble, match="cannot open the door") as caught:
        await made.add_and_wait([replace(SLEEPER, argv=argv, ready=lambda: False, ready_seconds=2)])
    pids = [int(word) for word in str(caught.value).split() if word.isdecimal()]
    assert pids
    assert [pid for pid in pids if _alive(pid)] == []


async def test_what_a_program_started_goes_with_it(family: tuple[Family, list[str]], tmp_path: Path) -> None:
    made, _said = family
    told = tmp_path / "grandchild"
    script = (
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(told)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    await made.add_and_wait([replace(SLEEPER, argv=(sys.executable, "-c", script))])
    await _until(lambda: told.exists() and told.read_text() != "")
    grandchild, child = int(told.read_text()), made.pids()["sleeper"]
    assert _alive(grandchild)
    os.kill(child, signal.SIGKILL)
    await _until(lambda: not _alive(grandchild))


async def test_a_deaf_program_is_killed_in_the_end(family: tuple[Family, list[str]]) -> None:
    made, _said = family
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    await made.add_and_wait([replace(SLEEPER, argv=(sys.executable, "-c", deaf), stop_seconds=0.5)])
    await _until(lambda: (made.logs / "sleeper.log").read_text() == "deaf\n")
    pid = made.pids()["sleeper"]
    await made.stop()
    assert not _alive(pid)


async def test_no_child_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import asyncio, pathlib, sys
        from lms.config.engines import postgres
        from lms.config.engines.engine import Engine
        from lms.config.engines.supervisor import Family
        async def main():
            here = pathlib.Path({str(tmp_path)!r})
            family = Family(logs=here, say=print)
            cluster = postgres.Cluster(data_dir=here / 'pg', port={ports.free_ports(1, seed=os.getpid())[0]},
                                       passwords={{'postgres': 'test'}})
            await family.add_and_wait([
                postgres.engine(cluster),
                Engine(name='one', argv=(sys.executable, '-c', 'import time; time.sleep(600)'), ready=lambda: True)])
            print(*family.pids().values(), flush=True)
            await asyncio.sleep(600)
        asyncio.run(main())
        """
    )
    supervisor = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with contextlib.ExitStack() as stack:
        stack.callback(supervisor.kill)
        assert supervisor.stdout is not None
        pids = [int(word) for word in supervisor.stdout.readline().split()]
        assert len(pids) == 2
        assert all(_alive(pid) for pid in pids)
        supervisor.kill()
        supervisor.wait()
        await _until(lambda: not any(_alive(pid) for pid in pids), seconds=15)
