"""The bytes that an entry's hash stands for. Changing them breaks every chain: a new form is a new HASH_VERSION."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

HASH_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class EntryFacts(msgspec.Struct, kw_only=True, gc=False):
    """Everything an entry says, in the order of its canonical form (RFC 8785: keys sorted, no blanks, integers only).

    Ids stand for people; no name or number of a person is in here. `sealed_at_us` is in microseconds since 1970.
    """

    captured_by: str
    class_run: int
    day: date
    detail: dict[str, Any]
    enrolment: int
    evidence: UUID
    evidence_digest: str
    hash_version: int
    hour_pack: str
    kind: str
    learner: int
    milliseconds: int
    mode: str
    part: int
    pieces: list[list[int]]
    prev_hash: str
    reason: str
    sealed_at_us: int
    seconds: int
    seq: int
    source: str
    source_revision: int
    unit: str


_canonical = msgspec.json.Encoder(order="deterministic")


def entry_bytes(facts: EntryFacts) -> bytes:
    """The canonical bytes of one entry, `prev_hash` included."""
    return _canonical.encode(facts)


def entry_hash(facts: EntryFacts) -> str:
    """The SHA-256 of the canonical bytes as 64 hex digits."""
    return hashlib.sha256(_canonical.encode(facts)).hexdigest()


def to_us(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The aware UTC instant of whole microseconds since 1970-01-01."""
    return _EPOCH + timedelta(microseconds=microseconds)
