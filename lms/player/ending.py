"""Ending a task that waits inside a library: one cancellation may be lost there, so it is repeated."""

from __future__ import annotations

import asyncio

_ASK_AGAIN_SECONDS = 0.2


async def end_task(task: asyncio.Task[None] | None) -> None:
    """The task has ended, whatever it was doing.

    A cancellation that arrives while a timeout of the library fires, or while `asyncio.wait_for` of Python 3.11
    returns, is swallowed (python/cpython#86296): a single `cancel()` would leave a task that listens for ever.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_ASK_AGAIN_SECONDS)
