"""The engines of one test run: started once, thrown away at its end, whatever ends it."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from lms.config.engines import ports, postgres, s3, valkey
from lms.config.engines.engine import Engine, start

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "var" / "test-cache"
PASSWORD = "test"  # the same in each run, so that a cluster kept from an earlier run opens
_PREFIX = "zp-test-"
_YOUNG_SECONDS = 60


def _base() -> Path:
    """Memory where there is plenty of it, else the temp folder."""
    memory = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3:
        return memory
    return Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    """Folders of runs that were killed are gone; a living run holds the lock on its own, a young one soon will."""
    for folder in base.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS:
                continue
        with contextlib.suppress(OSError), (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


class TestEngines:
    """Chooses folders and ports at once, starts each engine only when somebody needs it."""

    __test__ = False

    def __init__(self) -> None:
        base = _base()
        _sweep(base)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self.folder.chmod(0o755)
        (self.folder / "state" / "static").mkdir(parents=True)
        self._lock: IO[str] = (self.folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        numbers = ports.free_ports(3 + len(s3.PORTS), seed=os.getpid() * 97)
        self.cluster = postgres.Cluster(
            data_dir=self.folder / "postgres",
            port=numbers[0],
            passwords=dict.fromkeys((postgres.SUPERUSER, postgres.OWNER, postgres.APP), PASSWORD),
            careless=True,
        )
        self._streams_port, self._cache_port = numbers[1], numbers[2]
        self.store = s3.Store(
            folder=self.folder / "s3",
            ports=dict(zip(s3.PORTS, numbers[3:], strict=True)),
            bucket="zhipei-test",
            access_key="testaccess",
            secret_key="testsecret-testsecret",
            origins=["http://127.0.0.1:8000", "http://localhost:8000"],
        )
        self._running: dict[str, tuple[Engine, subprocess.Popen[bytes]]] = {}
        self._cors_set = False
        atexit.register(self.close)

    def environment(self) -> dict[str, str]:
        """What the settings read. Keys are fixed so that golden files can hold signatures."""
        return {
            "SECRET_KEY": "test-secret-key-for-tests-only-0123456789abcdef",
            "SITE_URL": "http://testserver",
            "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
            "STATE_DIR": str(self.folder / "state"),
            "DATABASE_URL": self.cluster.url(postgres.APP, "zp_test"),
            "DATABASE_OWNER_URL": self.cluster.url(postgres.OWNER, "zp_test"),
            "REDIS_URL": valkey.url(port=self._streams_port, password=PASSWORD),
            "CACHE_URL": valkey.url(port=self._cache_port, password=PASSWORD),
            "S3_ENDPOINT": self.store.endpoint,
            "S3_BUCKET": self.store.bucket,
            "S3_ACCESS_KEY": self.store.access_key,
            "S3_SECRET_KEY": self.store.secret_key,
            "FIELD_KEYS": "t1:" + "11" * 32,
            "BLIND_INDEX_KEY": "22" * 32,
            "SIGNING_KEYS": "t1:" + "33" * 32,
            "PLAY_TOKEN_KEYS": "t1:" + "44" * 32,
            "SMS_CHANNEL": "local",
            "BEHIND_HTTPS": "false",
            "LOG_LEVEL": "WARNING",
            "LOG_FORMAT": "text",
        }

    def _engine(self, name: str) -> Engine:
        match name:
            case "postgres":
                return postgres.engine(self.cluster)
            case "storage":
                return s3.engine(self.store)
            case _:
                port = self._streams_port if name == "streams" else self._cache_port
                return valkey.engine(
                    name=name, folder=self.folder / name, port=port, password=PASSWORD, durable=name == "streams"
                )

    def begin(self, *names: str) -> None:
        """The engines are starting (from this thread: they die with it); already begun ones go on."""
        for name in names:
            if name not in self._running:
                engine = self._engine(name)
                engine.prepare()
                with (self.folder / f"{name}.log").open("ab") as log:
                    self._running[name] = (engine, start(engine, log))

    def need(self, *names: str) -> None:
        """The engines serve."""
        self.begin(*names)
        for name in names:
            engine, child = self._running[name]
            deadline = time.monotonic() + engine.ready_seconds
            while not engine.ready():
                if child.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]
                    message = f"the test run's {name} did not start:\n{log}"
                    raise RuntimeError(message)
                time.sleep(0.03)
        if "storage" in names and not self._cors_set:
            s3.allow_origins(self.store.place, self.store.origins)
            self._cors_set = True

    def is_running(self, name: str) -> bool:
        return name in self._running

    def end(self, *names: str) -> None:
        """The engines have stopped cleanly."""
        for name in names:
            running = self._running.pop(name, None)
            if running is None:
                continue
            engine, child = running
            child.send_signal(engine.stop_signal)
            try:
                child.wait(engine.stop_seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def crash(self, name: str) -> None:
        """The engine was killed as by a power cut, and serves again with what it had."""
        _engine, child = self._running.pop(name)
        child.kill()
        child.wait()
        self.need(name)

    @contextlib.contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Inside, the engine is down; afterwards it serves again, with its data."""
        self.end(name)
        try:
            yield
        finally:
            self.need(name)

    def close(self) -> None:
        """Nothing of this run is left, neither processes nor files."""
        for _engine, child in self._running.values():
            child.kill()  # nothing here is worth a clean end
        for _engine, child in self._running.values():
            child.wait()
        self._running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(s3.socket_folder(self.store), ignore_errors=True)


def unique_suffix() -> str:
    return secrets.token_hex(4)
