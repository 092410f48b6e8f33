"""What one process knows of sessions that beat at its door: a small memory that settling's news keep fresh."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict

import msgspec
import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from lms.player import shards, wire
from lms.player.ending import end_task
from lms.player.wire import Settled

log = structlog.get_logger(__name__)
MOST_KNOWN = 200_000
RETRY_SECONDS = 1.0


class Board:
    """Last news by session. Sessions that never beat here are not kept; news missed while away are forgotten."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._known: OrderedDict[bytes, Settled | None] = OrderedDict()
        self._closed: OrderedDict[bytes, str] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    async def close(self) -> None:
        await end_task(self._task)

    def is_new(self, session: bytes) -> bool:
        """Whether nothing is known of the session yet, not even that nothing is known."""
        return session not in self._known

    def remember(self, session: bytes, stored: bytes | None) -> None:
        """What Valkey had on the session, read once when it first came."""
        if session in self._known:
            return
        news = None
        if stored is not None:
            with contextlib.suppress(msgspec.DecodeError):
                news = wire.one_news.decode(stored)
        self._known[session] = news
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def get(self, session: bytes) -> Settled | None:
        return self._known.get(session)

    def prompt(self, session: bytes) -> str | None:
        """What the learner must be told now: `superseded` before all."""
        if session in self._closed:
            return self._closed[session]
        news = self._known.get(session)
        return news.prompt if news else None

    def check(self, session: bytes) -> wire.CheckNews | None:
        """The presence check that the session's page must show; none once the session is over."""
        news = self._known.get(session)
        return news.check if news and session not in self._closed else None

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("front_news_lost", error=type(error).__name__)
            self._known.clear()
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        async with self._client.pubsub() as pubsub:
            await pubsub.subscribe(shards.SETTLED_NEWS, shards.CLOSED_NEWS)
            self._known.clear()
            while True:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=30)
                if message is not None:
                    self._take(message["channel"], message["data"])

    def _take(self, channel: bytes, data: bytes) -> None:
        try:
            settled = wire.news.decode(data)
        except msgspec.DecodeError:
            log.exception("front_news_unreadable", channel=channel.decode(errors="replace"))
            return
        for item in settled:
            if channel == shards.CLOSED_NEWS.encode():
                self._closed[item.session] = item.prompt or "superseded"
                if len(self._closed) > MOST_KNOWN:
                    self._closed.popitem(last=False)
            elif item.session in self._known:
                self._known[item.session] = merge(self._known[item.session], item)


def merge(old: Settled | None, new: Settled) -> Settled:
    """`new` over `old`: what the news leave open stays as it was, and no seq goes back."""
    if old is None:
        return new
    seqs = [seq for seq in (old.settled_seq, new.settled_seq) if seq is not None]
    return Settled(
        new.session,
        max(seqs, default=None),
        old.credited_seconds if new.credited_seconds is None else new.credited_seconds,
        old.pending_seconds if new.pending_seconds is None else new.pending_seconds,
        old.verdicts if new.verdicts is None else new.verdicts,
        new.prompt,
        new.check,
    )
