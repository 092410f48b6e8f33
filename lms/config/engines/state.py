"""STATE_DIR: what one installation keeps between its runs, and that only one run uses it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import time
import zlib
from pathlib import Path
from typing import IO, Any

from lms.config.engines import ports, s3
from lms.config.engines.engine import EngineTrouble

PORT_NAMES = ("postgres", "streams", "cache", *(f"weed.{name}" for name in s3.PORTS))
_OLD_RUN_SECONDS = 15.0


class State:
    """The folder, opened for one run. `close()` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: IO[str] | None = None
        self._family: IO[str] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            (folder / "static").mkdir(exist_ok=True)
        except OSError as error:
            raise EngineTrouble(
                f"cannot write to {folder} ({error}). Set STATE_DIR to a folder that you own."
            ) from error

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    # --- one run at a time ---------------------------------------------------------
    def open(self) -> None:
        """This run alone uses the folder, and no process of an earlier run is left on it."""
        lock = (self.folder / "supervisor.lock").open("a+")
        if not _try_lock(lock):
            lock.seek(0)
            raise EngineTrouble(
                f"Zhipei Cloud already runs from {self.folder} ({lock.read().strip() or 'just starting'}).\n"
                "Stop it with Ctrl-C in its window or with `make stop`. For a second copy beside it, choose another\n"
                "folder and port: STATE_DIR=var2 PORT=8001 make demo"
            )
        self._lock = lock
        self._family = (self.folder / "family.lock").open("a+")
        self._outlive_old_run(self._family)

    def _outlive_old_run(self, family: IO[str]) -> None:
        """Children inherit the family lock: once it is ours, none of an earlier run lives."""
        deadline = time.monotonic() + _OLD_RUN_SECONDS
        while not _try_lock(family):
            if time.monotonic() > deadline:
                self._kill_old_children()
                deadline += _OLD_RUN_SECONDS
            time.sleep(0.1)

    def say_who(self, text: str) -> None:
        """What a second start on the same folder shows about this run."""
        lock = _opened(self._lock)
        lock.truncate(0)
        lock.write(text)
        lock.flush()

    @property
    def family_fd(self) -> int:
        return _opened(self._family).fileno()

    def remember_children(self, pids: dict[str, int]) -> None:
        _write(self.folder / "children.json", {name: [pid, _started(pid)] for name, pid in pids.items()})

    def _kill_old_children(self) -> None:
        for pid, started in _read(self.folder / "children.json").values():
            if started is not None and _started(pid) == started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for lock in (self._family, self._lock):
            if lock is not None:
                lock.truncate(0)
                lock.close()

    # --- what is kept -----------------------------------------------------------------
    def secrets(self) -> dict[str, str]:
        """Made once, readable by the owner only: losing them loses the encrypted fields."""
        path = self.folder / "secrets" / "secrets.json"
        kept: dict[str, str] = _read(path)
        fresh = {
            "secret_key": secrets.token_urlsafe(50),
            "postgres": secrets.token_hex(16),
            "owner": secrets.token_hex(16),
            "app": secrets.token_hex(16),
            "valkey": secrets.token_hex(16),
            "s3_access": secrets.token_hex(10),
            "s3_secret": secrets.token_hex(20),
            "field_keys": "k1:" + secrets.token_hex(32),
            "blind_index_key": secrets.token_hex(32),
            "signing_keys": "k1:" + secrets.token_hex(32),
            "play_token_keys": "k1:" + secrets.token_hex(32),
        }
        if not fresh.keys() <= kept.keys():
            kept = {**fresh, **kept}
            path.parent.mkdir(exist_ok=True, mode=0o700)
            _write(path, kept)
        return kept

    def ports(self) -> dict[str, int]:
        """A port for each engine: the remembered one, or a new one where somebody else sits on it."""
        path = self.folder / "ports.json"
        kept: dict[str, int] = {
            name: port for name, port in _read(path).items() if name in PORT_NAMES and ports.is_free(port)
        }
        missing = [name for name in PORT_NAMES if name not in kept]
        if missing:
            seed = zlib.crc32(str(self.folder).encode()) + int(time.time())
            free = [port for port in ports.free_ports(len(PORT_NAMES) * 2, seed=seed) if port not in kept.values()]
            kept.update(zip(missing, free, strict=False))
            _write(path, kept)
        return kept

    def stamp(self, name: str) -> str:
        """The digest last kept under this name, or an empty text."""
        value: str = _read(self.folder / "stamps.json").get(name, "")
        return value

    def keep_stamp(self, name: str, digest: str) -> None:
        path = self.folder / "stamps.json"
        _write(path, {**_read(path), name: digest})

    def keep_environment(self, environment: dict[str, str]) -> None:
        """A bare `python manage.py …` finds the engines through this file."""
        _write(self.folder / "environment.json", environment)


def _opened(lock: IO[str] | None) -> IO[str]:
    if lock is None:
        message = "open() comes first"
        raise RuntimeError(message)
    return lock


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _started(pid: int) -> str | None:
    """When the process began, in the kernel's ticks: tells it from a later one with its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise EngineTrouble(
            f"{path} is not readable JSON ({error}). Restore it, or delete it to start afresh."
        ) from error
    return value


def _write(path: Path, value: dict[str, Any]) -> None:
    """The file holds the value whole, readable by its owner only, whatever happens meanwhile."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(value, indent=1, sort_keys=True))
    fresh.replace(path)
