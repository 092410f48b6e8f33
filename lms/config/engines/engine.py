"""What every embedded engine tells the one who runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LAUNCH = Path(__file__).with_name("launch.py")


class EngineTrouble(Exception):
    """An engine cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A program to keep running.

    `ready` answers whether it serves now (cheap, own short time-out, never raises); `prepare` runs
    before each start. `stop_signal` asks for a clean end within `stop_seconds`.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    refuses_root: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    ready_seconds: float = 30.0


def command_line(engine: Engine) -> list[str]:
    """The launcher in front of the engine's own command line, bound to this very process."""
    identity = "nobody" if engine.refuses_root else "same"
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(engine.stop_signal)), identity]
    return [*launcher, "--", *engine.argv]


def start(engine: Engine, log: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """The engine's process, in its own session so that Ctrl-C does not reach it.

    The parent-death signal belongs to the calling thread: call this from one that lives as long as
    the engine should.
    """
    engine.prepare()
    return subprocess.Popen(
        command_line(engine),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **engine.env},
        cwd=engine.cwd,
        start_new_session=True,
    )
