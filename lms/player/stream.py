"""The settler's side of Valkey: read the streams, trim what is committed, publish news."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import redis
from django.conf import settings

from lms.player import shards, wire
from lms.player.wire import Settled

ENTRIES_AT_ONCE = 16


class Entry(NamedTuple):
    """One stream entry: its id and the messages in it, each still encoded. None: the entry itself can't be read."""

    stream_id: str
    messages: tuple[bytes, ...] | None
    raw: bytes


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=2)


def read_entries(shard: int, after: str, *, messages: int) -> tuple[list[Entry], bool]:
    """Entries after `after`, oldest first, until they hold at least `messages` messages; and whether more may wait."""
    found: list[Entry] = []
    held = 0
    while held < messages:
        rows: Any = client().xrange(shards.stream_key(shard), min=f"({after}", count=ENTRIES_AT_ONCE)
        for stream_id, fields in rows:
            entry = _entry(stream_id.decode(), fields.get(shards.FIELD, b""))
            found.append(entry)
            held += len(entry.messages or ())
            after = entry.stream_id
        if len(rows) < ENTRIES_AT_ONCE:
            return found, False
    return found, True


def _entry(stream_id: str, raw: bytes) -> Entry:
    try:
        return Entry(stream_id, tuple(bytes(message) for message in wire.arrivals.decode(raw)), raw)
    except msgspec.DecodeError:
        return Entry(stream_id, None, raw)


def newest_id(shard: int) -> str | None:
    """The last id that the stream ever gave, or None where there is no stream."""
    try:
        facts: Any = client().xinfo_stream(shards.stream_key(shard))
    except redis.ResponseError:
        return None
    return str(facts["last-generated-id"].decode())


def waiting(shard: int) -> int:
    """Entries in the shard's stream."""
    return int(client().xlen(shards.stream_key(shard)))


def trim(shard: int, last_id: str) -> None:
    """Entries up to and with `last_id` are gone. Only for what has been committed."""
    milliseconds, _, sequence = last_id.partition("-")
    client().xtrim(shards.stream_key(shard), minid=f"{milliseconds}-{int(sequence) + 1}", approximate=False)


def publish_settled(news: Sequence[Settled]) -> None:
    """Every front hears the news, and one that starts later finds them for an hour."""
    if not news:
        return
    with client().pipeline(transaction=False) as pipe:
        for item in news:
            pipe.set(shards.settled_key(item.session), wire.arrival_encoder.encode(item), ex=shards.KNOWN_SECONDS)
        pipe.publish(shards.SETTLED_NEWS, wire.arrival_encoder.encode(list(news)))
        pipe.execute()


def publish_closed(sessions: Iterable[tuple[bytes, str]]) -> None:
    """Every front knows that these sessions are over and why."""
    closed = [Settled(session, prompt=reason) for session, reason in sessions]
    if not closed:
        return
    with client().pipeline(transaction=False) as pipe:
        for item in closed:
            pipe.set(
                shards.settled_key(item.session), wire.arrival_encoder.encode(item), ex=shards.KNOWN_SECONDS, nx=True
            )
        pipe.publish(shards.CLOSED_NEWS, wire.arrival_encoder.encode(closed))
        pipe.execute()


def add(shard: int, messages: Sequence[bytes]) -> str:
    """Messages stand in the shard's stream as one entry (the fronts do this for themselves, in batches)."""
    written: Any = client().xadd(shards.stream_key(shard), {shards.FIELD: wire.pack(messages)})
    return str(written.decode())
