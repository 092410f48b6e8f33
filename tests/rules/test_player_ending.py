"""Ending a task whose library swallows a cancellation."""

from __future__ import annotations

import asyncio

from lms.player.ending import end_task


def test_a_task_that_loses_its_first_cancellation_still_ends() -> None:
    lost: list[int] = []

    async def deaf_once() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    async def go() -> bool:
        task = asyncio.create_task(deaf_once())
        await asyncio.sleep(0)
        await end_task(task)
        return task.done()

    assert asyncio.run(go())
    assert lost == [1]


def test_nothing_to_end_is_no_trouble() -> None:
    asyncio.run(end_task(None))
