"""Many messages, one trip: everything that arrives while a trip to Valkey is under way rides in the next one.

One trip is in flight at a time, over one connection of its own. A trip answers its riders once Valkey has written them
to disk (appendfsync always). A rider who left (the client hung up, its future is cancelled) is written too, and delays
nobody.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import redis.asyncio as redis
from redis.exceptions import RedisError

from lms.player import shards, wire
from lms.player.ending import end_task

MOST_WAITING = 20_000
MOST_PER_ENTRY = 500
TRIP_SECONDS = 3.0

Command = tuple[str | bytes, ...]


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
        self._line = Line(client)
        self._waiting: list[Rider] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def write(self, shard: int, message: bytes | None, ask: bytes | None) -> asyncio.Future[bytes | None]:
        """Done once `message` stands durably in the shard's stream (None: nothing to write); the result is what Valkey
        knows under key `ask`, if asked. Fails with StreamAway."""
        if len(self._waiting) >= MOST_WAITING:
            raise StreamAway("too many are waiting")
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())
        done: asyncio.Future[bytes | None] = self._loop.create_future()
        self._waiting.append(Rider(shard, message, ask, done))
        self._wake.set()
        return done

    async def close(self) -> None:
        await end_task(self._task)
        _refuse(self._waiting, StreamAway("closing"))
        self._waiting = []
        await self._line.close()

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
                answers = await self._exchange(riders)
        except (RedisError, OSError, TimeoutError) as error:
            _refuse(riders, StreamAway(str(error) or type(error).__name__))
            return
        except BaseException:
            _refuse(riders, StreamAway("interrupted"))
            raise
        for rider, answer in zip(riders, answers, strict=True):
            if not rider.done.done():
                rider.done.set_result(answer)

    async def _exchange(self, riders: list[Rider]) -> list[bytes | None]:
        by_shard: dict[int, list[bytes]] = {}
        asked: dict[bytes, None] = {}
        for rider in riders:
            if rider.message is not None:
                by_shard.setdefault(rider.shard, []).append(rider.message)
            if rider.ask is not None:
                asked[rider.ask] = None
        commands: list[Command] = [
            ("XADD", shards.stream_key(shard), "*", shards.FIELD, wire.pack(part))
            for shard, messages in by_shard.items()
            for part in _parts(messages)
        ]
        if asked:
            commands.append(("MGET", *asked))
        replies = await self._line.ask(commands)
        known = dict(zip(asked, replies[-1], strict=True)) if asked else {}
        return [known.get(rider.ask) if rider.ask is not None else None for rider in riders]


class Line:
    """One connection to Valkey for whole packs of commands; made anew after any trouble."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool: Any = client.connection_pool  # the library types its own factory not at all
        self._connection: Any = None

    async def ask(self, commands: list[Command]) -> list[Any]:
        """The replies in order. A connection that went stale in the meantime is replaced once; writing a message twice
        does no harm. Raises RedisError, OSError."""
        fresh = self._connection is None
        try:
            return await self._ask(commands)
        except (redis.ConnectionError, OSError):
            if fresh:
                raise
            return await self._ask(commands)

    async def _ask(self, commands: list[Command]) -> list[Any]:
        try:
            if self._connection is None:
                self._connection = self._pool.make_connection()
                await self._connection.connect()
            packed = self._connection.pack_commands(commands)
            await self._connection.send_packed_command(packed, check_health=False)
            return [await self._connection.read_response() for _ in commands]
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _parts(messages: list[bytes]) -> list[list[bytes]]:
    return [messages[start : start + MOST_PER_ENTRY] for start in range(0, len(messages), MOST_PER_ENTRY)]


def _refuse(riders: list[Rider], error: Exception) -> None:
    for rider in riders:
        if not rider.done.done():
            rider.done.set_exception(error)
