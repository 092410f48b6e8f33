"""Names of what the player keeps in Valkey, and who belongs to which shard."""

from __future__ import annotations

import zlib

SETTLED_NEWS = "player:news:settled"
CLOSED_NEWS = "player:news:closed"
FIELD = b"m"
KNOWN_SECONDS = 3_600


def shard_of(learner_id: int, shards: int) -> int:
    """The shard of a person: all sessions of one learner are settled by one settler, so that no two contend."""
    return zlib.crc32(learner_id.to_bytes(8, "big", signed=True)) % shards


def stream_key(shard: int) -> str:
    return f"player:beats:{shard}"


def settled_key(session: bytes) -> bytes:
    return b"player:settled:" + session
