"""What every embedded engine tells the one who runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

LAUNCH = Path(__file__).with_name("launch.py")
NOBODY = 65534


class EngineTrouble(Exception):
    """An engine cannot run; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A program to keep running.

    `ready` answers whether it serves now (cheap, own short time-out, never raises); `prepare` runs
    before each start. `stop_signal` asks for a clean end within `stop_seconds`; `orphan_signal`
    reaches it when the one who runs it dies.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    refuses_root: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    ready_seconds: float = 30.0


def command_line(engine: Engine) -> list[str]:
    """The launcher in front of the engine's own command line, bound to this very process."""
    identity = "nobody" if engine.refuses_root else "same"
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(engine.orphan_signal)), identity]
    return [*launcher, "--", *engine.argv]


@cache
def must_become_nobody() -> bool:
    """Whether we are root on a machine that refuses user namespaces: then files must be nobody's too."""
    if os.getuid() != 0:
        return False
    probe = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) != 0)"
    return subprocess.run([sys.executable, "-I", "-S", "-c", probe], check=False).returncode != 0


def start(engine: Engine, log: IO[bytes] | int, keep_open: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """The prepared engine's process, in its own session so that Ctrl-C does not reach it.

    The parent-death signal belongs to the calling thread: call this from one that lives as long as
    the engine should. `keep_open` are file descriptors that it shall inherit.
    """
    return subprocess.Popen(
        command_line(engine),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **engine.env},
        cwd=engine.cwd,
        start_new_session=True,
        pass_fds=keep_open,
    )
