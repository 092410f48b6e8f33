"""The heartbeat door called as a server calls it, and what then stands in the streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import redis
from django.conf import settings

from lms.player import front, shards, wire
from lms.player.token import TokenKeys

LATER = timedelta(hours=1)


def token_for(
    session: UUID | None = None,
    *,
    learner_id: int = 7,
    expires_in: timedelta = LATER,
    ring: dict[str, str] | None = None,
) -> str:
    return TokenKeys(ring or settings.PLAY_TOKEN_KEYS).seal(
        session=session or uuid4(),
        learner_id=learner_id,
        enrolment_id=3,
        unit_key="lesson-1",
        unit_ms=2_700_000,
        expires_at=datetime.now(UTC) + expires_in,
    )


def wire_beat(seq: float = 0, **changes: Any) -> dict[str, Any]:
    usual = {
        "boot": "b1",
        "seq": seq,
        "from_ms": 15_000 * seq,
        "to_ms": 15_000 * (seq + 1),
        "from_s": 15.0 * seq,
        "to_s": 15.0 * (seq + 1),
        "rate": 1,
        "why": "tick",
    }
    return {**usual, **changes}


def message(token: str, *beats: dict[str, Any], **changes: Any) -> bytes:
    sent = max((beat["to_ms"] for beat in beats if isinstance(beat.get("to_ms"), (int, float))), default=0)
    return json.dumps({"token": token, "sent_ms": sent, "beats": list(beats), **changes}).encode()


class Answer:
    def __init__(self, sent: Sequence[dict[str, Any]]) -> None:
        self.status: int = sent[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        self.raw = b"".join(part["body"] for part in sent[1:])

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.raw)
        return decoded


async def knock(
    body: bytes | Sequence[bytes], *, method: str = "POST", headers: dict[str, str] | None = None
) -> Answer:
    """One request through the ASGI door, its body in one part or several."""
    parts = [body] if isinstance(body, bytes) else list(body)
    coming: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": index + 1 < len(parts)} for index, part in enumerate(parts)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(dict(event))

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "path": "/api/v1/heartbeats/", "headers": raw}
    await front.app(scope, receive, send)
    return Answer(sent)


@asynccontextmanager
async def open_door() -> AsyncIterator[None]:
    await front.startup()
    try:
        yield
    finally:
        await front.shutdown()


def in_streams(streams: redis.Redis) -> list[wire.Arrival]:
    """Every message of every shard, oldest first."""
    found = []
    for shard in range(settings.PLAYER_SHARDS):
        entries: list[tuple[bytes, dict[bytes, bytes]]] = streams.xrange(shards.stream_key(shard))  # type: ignore[assignment]  # no decoding is asked for
        for _, fields in entries:
            found += [wire.arrival.decode(raw) for raw in wire.arrivals.decode(fields[shards.FIELD])]
    return sorted(found, key=lambda arrival: arrival.received_ms)
