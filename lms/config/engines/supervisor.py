"""Keeps a family of programs running: starts them, waits until they serve, raises the fallen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from lms.config.engines.engine import Engine, EngineTrouble, start

_FIRST_PAUSE, _LONGEST_PAUSE, _CALM_SECONDS = 0.1, 10.0, 30.0
_PATIENCE = 3  # failures in a row at the very first start before we give up
_LOG_LIMIT = 20 * 1024 * 1024


class Keeper:
    """One program: running, serving, and started again whenever it ends."""

    def __init__(self, engine: Engine, family: Family) -> None:
        self.engine = engine
        self._family = family
        self._child: subprocess.Popen[bytes] | None = None
        self._serves = asyncio.Event()
        self._stopping = False
        self.trouble: EngineTrouble | None = None
        self.task = asyncio.create_task(self._keep(), name=engine.name)

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def is_serving(self) -> bool:
        return self._serves.is_set()

    async def wait_until_it_serves(self) -> None:
        """It serves now; raises `EngineTrouble` if it could not be started at all."""
        waiting = asyncio.create_task(self._serves.wait())
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self.trouble is not None:
            raise self.trouble

    async def _keep(self) -> None:
        pause, failures, served_once = _FIRST_PAUSE, 0, False
        while not self._stopping:
            began = time.monotonic()
            try:
                served = await self._live_once(again=served_once)
            except EngineTrouble as error:
                self.trouble = error
                return
            served_once = served_once or served
            failures = 0 if served else failures + 1
            if failures >= _PATIENCE and not served_once:
                self.trouble = EngineTrouble(
                    f"{self.engine.name} does not start. The end of its log {self._log_path}:\n{self._log_tail()}"
                )
                return
            if time.monotonic() - began > _CALM_SECONDS:
                pause = _FIRST_PAUSE
            if not self._stopping:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _live_once(self, *, again: bool) -> bool:
        """The program has run and ended, and nothing of its session is left; True if it ever served."""
        began = time.monotonic()
        await asyncio.to_thread(self.engine.prepare)
        if self._stopping:
            return False
        with self._open_log() as log:
            child = self._child = start(self.engine, log, keep_open=self._family.keep_open)
        self._family.note()
        try:
            served = await self._until_ready(child, began + self.engine.ready_seconds)
            if served:
                if again:
                    self._family.say(f"{self.engine.name} serves again after {time.monotonic() - began:.1f} s")
                self._serves.set()
                await _ended(child)
            else:
                # A second copy would fight with this one for its port.
                await _kill(child)
        finally:
            self._serves.clear()
            _sweep_session(child)
        if not self._stopping:
            self._family.say(f"{self.engine.name} ended ({_reason(child.returncode)}); starting it again")
        return served

    async def _until_ready(self, child: subprocess.Popen[bytes], deadline: float) -> bool:
        """Whether it came to serve. Our own child must live: else another program answered on its port."""
        while child.poll() is None and time.monotonic() < deadline:
            if await asyncio.to_thread(self.engine.ready) and child.poll() is None:
                return True
            await asyncio.sleep(0.05)
        return False

    async def stop(self) -> None:
        """The program has ended, cleanly if it did so in time."""
        self._stopping = True
        child = self._child
        if child is not None and child.poll() is None:
            child.send_signal(self.engine.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_ended(child), self.engine.stop_seconds)
            await _kill(child)
        if child is not None:
            _sweep_session(child)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def kill_now(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.kill()

    # --- log ------------------------------------------------------------------------
    @property
    def _log_path(self) -> Path:
        return self._family.logs / f"{self.engine.name}.log"

    def _open_log(self) -> IO[bytes]:
        if self._log_path.exists() and self._log_path.stat().st_size > _LOG_LIMIT:
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
        return self._log_path.open("ab")

    def _log_tail(self) -> str:
        if not self._log_path.exists():
            return "(empty)"
        return "\n".join(self._log_path.read_text(errors="replace").splitlines()[-15:])


class Family:
    """All programs of one run. `stop()` leaves none of them."""

    def __init__(
        self,
        *,
        logs: Path,
        say: Callable[[str], None],
        keep_open: tuple[int, ...] = (),
        note: Callable[[dict[str, int]], None] = lambda _pids: None,
    ) -> None:
        self.logs = logs
        self.say = say
        self.keep_open = keep_open
        self._note = note
        self._keepers: dict[str, Keeper] = {}

    def add(self, engine: Engine) -> Keeper:
        """The program is being started, if it was not before; it will be kept running until `stop()`."""
        if engine.name not in self._keepers:
            self._keepers[engine.name] = Keeper(engine, self)
        return self._keepers[engine.name]

    async def add_and_wait(self, engines: Sequence[Engine]) -> None:
        """All of them serve; raises the first `EngineTrouble`."""
        await asyncio.gather(*[self.add(engine).wait_until_it_serves() for engine in engines])

    def note(self) -> None:
        self._note(self.pids())

    def pids(self) -> dict[str, int]:
        return {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid is not None}

    async def stop(self, order: Sequence[Sequence[str]] = ()) -> None:
        """Nothing runs any more. Groups of `order` end one after the other, then all others."""
        named = {name for group in order for name in group}
        rest = [name for name in self._keepers if name not in named]
        for group in [*order, rest]:
            await asyncio.gather(*[self._keepers[name].stop() for name in group if name in self._keepers])
        self._keepers.clear()

    def kill_now(self) -> None:
        for keeper in self._keepers.values():
            keeper.kill_now()


async def _ended(child: subprocess.Popen[bytes]) -> None:
    """The child has ended and is reaped; a file descriptor of the kernel tells, without polling."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    try:
        watch = os.pidfd_open(child.pid)
    except ProcessLookupError:  # ended and reaped already
        return
    try:
        loop.add_reader(watch, done.set)
        if child.poll() is None:
            await done.wait()
    finally:
        loop.remove_reader(watch)
        os.close(watch)
    child.wait()


async def _kill(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
    await _ended(child)


def _sweep_session(child: subprocess.Popen[bytes]) -> None:
    """What the program itself started and left behind (an encoder, say) is gone with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _reason(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"
