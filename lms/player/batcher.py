"""Many messages, one trip: everything that arrives while a trip to Valkey is under way rides in the next one.

One pipeline is in flight at a time. A trip answers its riders once Valkey has written them to disk (appendfsync
always). A rider who left (the client hung up, its future is cancelled) is written too, and delays nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import redis.asyncio as redis
from redis.exceptions import RedisError

from lms.player import shards, wire

MOST_WAITING = 20_000
MOST_PER_ENTRY = 500
TRIP_SECONDS = 3.0


class StreamAway(Exception):
    """The message was not surely written. Sending it again does no harm."""


class Rider(NamedTuple):
    shard: int
    message: bytes | None
    ask: bytes | None
    done: asyncio.Future[bytes | None]


class Batcher:
    """Writes messages to the shards' streams and reads what is known of sessions, in shared trips."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._waiting: list[Rider] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def write(self, shard: int, message: bytes | None, ask: bytes | None) -> bytes | None:
        """`message` stands durably in the shard's stream (None: nothing to write); the answer is what Valkey knows
        under key `ask`, if asked. Raises StreamAway."""
        if len(self._waiting) >= MOST_WAITING:
            raise StreamAway("too many are waiting")
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        rider = Rider(shard, message, ask, asyncio.get_running_loop().create_future())
        self._waiting.append(rider)
        self._wake.set()
        return await rider.done

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        _refuse(self._waiting, StreamAway("closing"))
        self._waiting = []

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            riders, self._waiting = self._waiting, []
            if riders:
                await self._trip(riders)

    async def _trip(self, riders: list[Rider]) -> None:
        try:
            async with asyncio.timeout(TRIP_SECONDS):
                answers = await self._pipeline(riders)
        except (RedisError, OSError, TimeoutError) as error:
            _refuse(riders, StreamAway(str(error) or type(error).__name__))
            return
        except asyncio.CancelledError:
            _refuse(riders, StreamAway("closing"))
            raise
        for rider, answer in zip(riders, answers, strict=True):
            if not rider.done.done():
                rider.done.set_result(answer)

    async def _pipeline(self, riders: list[Rider]) -> list[bytes | None]:
        by_shard: dict[int, list[bytes]] = {}
        for rider in riders:
            if rider.message is not None:
                by_shard.setdefault(rider.shard, []).append(rider.message)
        asked = list({rider.ask: None for rider in riders if rider.ask is not None})
        async with self._client.pipeline(transaction=False) as pipe:
            for shard, messages in by_shard.items():
                for start in range(0, len(messages), MOST_PER_ENTRY):
                    pipe.xadd(
                        shards.stream_key(shard), {shards.FIELD: wire.pack(messages[start : start + MOST_PER_ENTRY])}
                    )
            if asked:
                pipe.mget(asked)
            replies = await pipe.execute()
        known = dict(zip(asked, replies[-1], strict=True)) if asked else {}
        return [known.get(rider.ask) if rider.ask is not None else None for rider in riders]


def _refuse(riders: list[Rider], error: Exception) -> None:
    for rider in riders:
        if not rider.done.done():
            rider.done.set_exception(error)
