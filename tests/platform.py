"""The platform as `make demo` runs it, in a folder and on a port of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from lms.config.engines import ports
from tests.engines import ROOT

_INHERITED = ("PATH", "HOME", "LANG")


class Platform:
    """One STATE_DIR and PORT; `start()` runs the supervisor, `stop()` ends it as Ctrl-C would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = ports.free_ports(1, seed=os.getpid() * 31 + int(time.time()))[0]
        self.address = f"http://127.0.0.1:{self.port}"
        self._supervisor: subprocess.Popen[bytes] | None = None
        self.output = folder.with_name(folder.name + ".out")

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**kept, "STATE_DIR": str(self.folder), "PORT": str(self.port)}

    def command(self, *options: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "lms.config.engines.run", *options]
        with self.output.open("ab") as out:
            return subprocess.Popen(
                argv, cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def start(self, *options: str, seconds: float = 240) -> float:
        """It is ready; the seconds that took."""
        began = time.monotonic()
        already = self.told().count("is ready:")
        self._supervisor = self.command(*options)
        while self.told().count("is ready:") == already:
            ended = self._supervisor.poll() is not None
            if ended or time.monotonic() - began > seconds:
                message = f"the platform did not come up:\n{self.told()[-3000:]}"
                raise RuntimeError(message)
            time.sleep(0.1)
        return time.monotonic() - began

    def told(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    @property
    def pid(self) -> int:
        if self._supervisor is None:
            message = "not started"
            raise RuntimeError(message)
        return self._supervisor.pid

    def children(self) -> dict[str, int]:
        kept: dict[str, tuple[int, str]] = json.loads((self.folder / "children.json").read_text())
        return {name: pid for name, (pid, _started) in kept.items()}

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; (0, {}) while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except (OSError, ValueError):
            return 0, {}

    def wait(self, seconds: float = 40) -> int:
        """The exit code of a supervisor that somebody else has told to end."""
        code = self._supervisor.wait(seconds) if self._supervisor else 0
        self._supervisor = None
        return code

    def end(self, how: signal.Signals = signal.SIGINT, seconds: float = 40) -> int:
        """The supervisor's exit code after this signal."""
        if self._supervisor is not None and self._supervisor.poll() is None:
            self._supervisor.send_signal(how)
        return self.wait(seconds)


Kind = TypeVar("Kind", bound=Platform)


@contextlib.contextmanager
def platform(folder: Path, kind: type[Kind]) -> Iterator[Kind]:
    """A platform that is not started yet, and surely ended afterwards."""
    made = kind(folder)
    try:
        yield made
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            made.end()
