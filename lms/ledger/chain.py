"""The bytes that hashes and signatures stand for. Changing them breaks every chain; a new form is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

HASH_VERSION = 1
Leaf = tuple[int, int, str]
"""A head under an anchor: learner, seq, entry hash."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class EntryFacts(msgspec.Struct, kw_only=True, gc=False):
    """Everything an entry says, in the order of its canonical form (RFC 8785: keys sorted, no blanks, integers only).

    Ids stand for people; no name or number of a person is in here. `day` is written 2026-03-10, `evidence` is a UUID in
    its text form, `sealed_at_us` counts microseconds since 1970.
    """

    captured_by: str
    class_run: int
    day: str
    detail: dict[str, Any]
    enrolment: int
    evidence: str
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


class AnchorFacts(msgspec.Struct, kw_only=True, gc=False):
    """What an anchor's signature covers, in the order of its canonical form."""

    anchored_at_us: int
    leaves: int
    number: int
    prev_root: str
    root: str


def anchor_bytes(facts: AnchorFacts) -> bytes:
    """The canonical bytes of one anchor."""
    return _canonical.encode(facts)


def merkle_root(leaves: Sequence[Leaf]) -> str:
    """The root of the Merkle tree over the leaves in their order (RFC 6962: 0x00 before a leaf, 0x01 before a node)."""
    level = [hashlib.sha256(b"\x00" + _canonical.encode(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex() if level else hashlib.sha256(b"").hexdigest()
