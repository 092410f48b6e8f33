"""The bytes that hashes and signatures stand for. Changing them breaks every chain; a new form is a new version.

Version 1 hashed the entry's bytes as they are. Version 2 hashes a link over two digests, so that an archive can show
the chain, and the time an entry takes of its learner's day, without showing the entry (decision 0016).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

HASH_VERSION = 2
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


class TakenTime(msgspec.Struct, kw_only=True, gc=False):
    """The wall time that an entry takes of its learner's day (`sign` 1) or gives back (-1); 0: neither, no walls."""

    day: str
    evidence: str
    mode: str
    sign: int
    walls: list[list[int]]


class Link(msgspec.Struct, kw_only=True, gc=False):
    """What the hash of a version 2 entry covers: its place, the digest of its time and that of all of it."""

    content: str
    hash_version: int
    learner: int
    prev_hash: str
    seq: int
    time: str


def taken_time(facts: EntryFacts) -> TakenTime:
    """A credit takes its pieces' wall time, the reversal of a credit gives it back."""
    sign = 1 if facts.kind == "credit" else -1 if facts.kind == "reversal" and facts.detail["kind"] == "credit" else 0
    walls = [row[:2] for row in facts.pieces] if sign else []
    return TakenTime(day=facts.day, evidence=facts.evidence, mode=facts.mode, sign=sign, walls=walls)


def link_of(facts: EntryFacts) -> Link:
    """The link of a version 2 entry. Its evidence's random id stands in both parts, so that neither can be guessed."""
    return Link(
        content=hashlib.sha256(_canonical.encode(facts)).hexdigest(),
        hash_version=facts.hash_version,
        learner=facts.learner,
        prev_hash=facts.prev_hash,
        seq=facts.seq,
        time=hashlib.sha256(_canonical.encode(taken_time(facts))).hexdigest(),
    )


def entry_hash(facts: EntryFacts) -> str:
    """The SHA-256 as 64 hex digits: of the link, or of the canonical bytes in an entry of version 1."""
    sealed = facts if facts.hash_version == 1 else link_of(facts)
    return hashlib.sha256(_canonical.encode(sealed)).hexdigest()


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


def leaf_hash(leaf: Leaf) -> bytes:
    """The hash with which a head enters the tree. Nobody can guess the head from it: it covers the entry's hash."""
    return hashlib.sha256(b"\x00" + _canonical.encode(leaf)).digest()


def merkle_levels(leaves: Sequence[Leaf]) -> list[list[bytes]]:
    """The Merkle tree over the leaves in their order, from the leaves' hashes up to the root (RFC 6962: 0x00 before a
    leaf, 0x01 before a node; a last one without a neighbour moves up by itself)."""
    levels = [[leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        levels.append(pairs + level[len(pairs) * 2 :])
    return levels


def merkle_root(leaves: Sequence[Leaf]) -> str:
    """The root of the Merkle tree over the leaves in their order."""
    top = merkle_levels(leaves)[-1]
    return top[0].hex() if top else hashlib.sha256(b"").hexdigest()


def merkle_path(levels: Sequence[Sequence[bytes]], index: int) -> list[list[str]]:
    """What must be put beside a leaf, level by level, to get the root: ["left" or "right", hash]."""
    path = []
    for level in levels[:-1]:
        other = index ^ 1
        if other < len(level):
            path.append(["left" if other < index else "right", level[other].hex()])
        index //= 2
    return path
