"""Engines, servers and the load tool for the heartbeat benchmark. Everything durable: fsync on, on a real disk."""

# ruff: noqa: S607  taskset and wrk are found on the path

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from lms.config.engines import ports, postgres, valkey
from lms.config.engines.engine import Engine, start

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "bench"
KEYS = {"FIELD_KEYS": "b1:" + "11" * 32, "SIGNING_KEYS": "b1:" + "33" * 32, "PLAY_TOKEN_KEYS": "b1:" + "44" * 32}
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass
class Rig:
    """PostgreSQL and two Valkeys in a folder of their own, gone when the run ends."""

    folder: Path = field(default_factory=lambda: ROOT / "var" / "bench" / f"run-{secrets.token_hex(4)}")
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `close` runs
        self.folder.mkdir(parents=True)
        self.pg_port, self.streams_port, self.cache_port, *self.free = ports.free_ports(8, seed=os.getpid() * 31)
        names = (postgres.SUPERUSER, postgres.OWNER, postgres.APP)
        self.cluster = postgres.Cluster(
            data_dir=self.folder / "postgres", port=self.pg_port, passwords=dict.fromkeys(names, PASSWORD)
        )

    def open(self) -> None:
        self.folder.chmod(0o755)
        self._run(postgres.engine(self.cluster))
        for name, port, durable in (("streams", self.streams_port, True), ("cache", self.cache_port, False)):
            self._run(
                valkey.engine(name=name, folder=self.folder / name, port=port, password=PASSWORD, durable=durable)
            )
        postgres.create_roles(self.cluster)
        postgres.create_database(self.cluster, "bench")
        os.environ.update(self.environment())

    def environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "lms.config.settings.test",
            "SECRET_KEY": "bench-secret-key-0123456789abcdef0123456789abcdef",
            "SITE_URL": "http://127.0.0.1",
            "ALLOWED_HOSTS": "127.0.0.1",
            "STATE_DIR": str(self.folder),
            "DATABASE_URL": self.cluster.url(postgres.APP, "bench"),
            "DATABASE_OWNER_URL": self.cluster.url(postgres.OWNER, "bench"),
            "REDIS_URL": valkey.url(port=self.streams_port, password=PASSWORD),
            "CACHE_URL": valkey.url(port=self.cache_port, password=PASSWORD),
            "S3_ENDPOINT": "http://127.0.0.1:1",
            "S3_BUCKET": "bench",
            "S3_ACCESS_KEY": "bench",
            "S3_SECRET_KEY": "bench",
            "BLIND_INDEX_KEY": "22" * 32,
            "SMS_CHANNEL": "local",
            "BEHIND_HTTPS": "false",
            "LOG_LEVEL": "ERROR",
            "LOG_FORMAT": "text",
            "PLAYER_SHARDS": "1",
            "PYTHONPATH": str(ROOT),
            **KEYS,
        }

    def _run(self, engine: Engine) -> None:
        engine.prepare()
        with (self.folder / f"{engine.name}.log").open("ab") as log:
            child = start(engine, log)
        self.children.append(child)
        if engine.name in ("streams", "cache"):
            os.sched_setaffinity(child.pid, {LOAD_CORE})
        deadline = time.monotonic() + 30
        while not engine.ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / f"{engine.name}.log").read_text(errors="replace")[-2000:])
            time.sleep(0.05)

    def migrate(self) -> None:
        """The tables stand, made by the owner."""
        environment = {**os.environ, "DATABASE_ROLE": "owner"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)

    def spawn(self, argv: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """A process of ours on the server's core; it dies with the rig."""
        with (self.folder / "servers.log").open("ab") as log:
            child = subprocess.Popen(
                ["taskset", "-c", str(SERVER_CORE), *argv],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        self.children.append(child)
        return child

    @contextmanager
    def server(self, argv: Sequence[str], port: int, **environment: str) -> Iterator[int]:
        """The pid of a server that answers on `port`."""
        child = self.spawn(argv, **environment)
        try:
            _await_answer(port, child)
            yield child.pid
        finally:
            child.terminate()
            child.wait()

    def close(self) -> None:
        for child in reversed(self.children):
            if child.poll() is None:
                child.kill()
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _await_answer(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except HTTPError:
            return
        except OSError:
            if child.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def cpu_seconds(pid: int) -> float:
    """CPU time that a process and its threads have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def process_tree(pid: int) -> list[int]:
    """The process and its descendants."""
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += process_tree(int(child))
    return found


def memory_mb(pid: int) -> float:
    """Proportional memory of a process and its descendants."""
    total = 0
    for each in process_tree(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return round(total / 1024, 1)


@dataclass(frozen=True)
class Load:
    """One burst: answers a second, answers by status, server CPU per answer in microseconds."""

    per_second: float
    statuses: dict[str, int]
    cpu_us: float


WRK_SCRIPT = """
local bodies = {}
for line in io.lines(os.getenv("BODIES")) do
  local path, cookie, head, tail = line:match("^(.-)\\t(.-)\\t(.-)\\t(.*)$")
  bodies[#bodies + 1] = {path, cookie, head, tail}
end
local at, seq = 0, tonumber(os.getenv("FIRST_SEQ"))
function request()
  at = at + 1
  if at > #bodies then at = 1; seq = seq + 1 end
  local b = bodies[at]
  local headers = {["Content-Type"] = "application/json"}
  if b[2] ~= "" then headers["Cookie"] = b[2] end
  return wrk.format("POST", b[1], headers, b[3] .. seq .. b[4])
end
local counts = {}
function response(status) counts[status] = (counts[status] or 0) + 1 end
local threads = {}
function setup(thread) threads[#threads + 1] = thread end
counts_of = counts
function done(summary, latency)
  local out = {}
  io.write(string.format("RESULT %d %d\\n", summary.requests, summary.duration))
  io.write(string.format("ERRORS %d %d %d %d\\n", summary.errors.status, summary.errors.connect,
    summary.errors.read + summary.errors.write, summary.errors.timeout))
  io.write(string.format("P50 %d P99 %d\\n", latency:percentile(50), latency:percentile(99)))
end
"""


def burst(rig: Rig, port: int, bodies: Path, pid: int, *, seconds: int, connections: int, first_seq: int) -> Load:
    """wrk for `seconds` against one server; any answer that is no 2xx makes the run void."""
    script = rig.folder / "load.lua"
    script.write_text(WRK_SCRIPT)
    pids = process_tree(pid)
    before = sum(cpu_seconds(each) for each in pids)
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script),
         f"http://127.0.0.1:{port}/"],
        env={**os.environ, "BODIES": str(bodies), "FIRST_SEQ": str(first_seq)},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    used = sum(cpu_seconds(each) for each in pids) - before
    facts = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line[:1].isupper()}
    requests, duration_us = (int(value) for value in facts["RESULT"])
    errors = [int(value) for value in facts["ERRORS"]]
    if any(errors):
        raise RuntimeError(f"void run: {errors} (status, connect, read/write, timeout) of {requests}")
    return Load(requests * 1_000_000 / duration_us, {"2xx": requests}, used / requests * 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """So many rounds, or as many as fit into the seconds, but never fewer than three."""

    most: int
    seconds: float

    def __iter__(self) -> Iterator[int]:
        until = time.monotonic() + self.seconds
        for number in range(1, self.most + 1):
            if number > 3 and time.monotonic() > until:
                return
            yield number


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def load_average() -> float:
    return os.getloadavg()[0]


def write_report(name: str, report: dict[str, object]) -> Path:
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return path
