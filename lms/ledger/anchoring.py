"""Anchors: once a day the heads that moved are bound together under the platform's signature.

A chain that somebody rewrites from end to end still hashes; it no longer fits the anchors that were made before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from lms.db.api import Signature, sign, verify
from lms.ledger.chain import AnchorFacts, Leaf, anchor_bytes, merkle_root, to_us
from lms.ledger.models import Anchor
from lms.lib.arrays import plain
from lms.lib.localday import local_day

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('ledger_anchor'))"
_MOVED = """
SELECT head.learner_id, head.seq, head.entry_hash FROM ledger_head head
WHERE head.seq > coalesce((SELECT max(leaf.seq) FROM ledger_anchorleaf leaf WHERE leaf.learner_id = head.learner_id), 0)
ORDER BY head.learner_id
"""
_WRITE_LEAVES = """
INSERT INTO ledger_anchorleaf (anchor_id, learner_id, seq, entry_hash)
SELECT %s, learner, seq, entry_hash FROM unnest(%s::bigint[], %s::bigint[], %s::text[])
  AS new (learner, seq, entry_hash)
"""
_LEAVES = "SELECT learner_id, seq, entry_hash FROM ledger_anchorleaf WHERE anchor_id = %s ORDER BY learner_id"


def anchor_daily(*, now: datetime) -> int:
    """The first call of an Asia/Shanghai day makes its anchor; every other one finds it made and does nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        last = Anchor.objects.order_by("number").last()
        if last and local_day(last.anchored_at) >= local_day(now):
            return 0
        return anchor_heads(now=now)


def anchor_heads(*, now: datetime) -> int:
    """Every head that moved since the last anchor is under a new signed one; returns how many. None moved: nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
        cursor.execute(_MOVED)
        leaves: list[Leaf] = cursor.fetchall()
        if not leaves:
            return 0
        last = Anchor.objects.order_by("number").last()
        facts = AnchorFacts(
            number=last.number + 1 if last else 1,
            prev_root=last.root if last else "",
            leaves=len(leaves),
            root=merkle_root(leaves),
            anchored_at_us=to_us(now),
        )
        signature = sign(anchor_bytes(facts))
        anchor = Anchor.objects.create(
            number=facts.number,
            prev_root=facts.prev_root,
            leaves=facts.leaves,
            root=facts.root,
            anchored_at=now,
            key_id=signature.key_id,
            signature=signature.value,
        )
        columns = list(zip(*leaves, strict=True))
        cursor.execute(_WRITE_LEAVES, [anchor.pk, *(plain(column) for column in columns)])
    return len(leaves)


def facts_of_anchor(anchor: Anchor) -> AnchorFacts:
    """What the anchor's signature covers."""
    return AnchorFacts(
        number=anchor.number,
        prev_root=anchor.prev_root,
        leaves=anchor.leaves,
        root=anchor.root,
        anchored_at_us=to_us(anchor.anchored_at),
    )


def leaves_of(anchor: Anchor) -> list[Leaf]:
    """The heads under this anchor in the order in which they were hashed."""
    return _query(_LEAVES, anchor.pk)


def bad_anchors() -> Iterator[str]:
    """What is wrong with the anchors themselves, in words, first things first: gaps, links, roots, signatures."""
    before, at = "", 0
    for expected, anchor in enumerate(Anchor.objects.order_by("number").iterator(), start=1):
        if anchor.number != expected:
            yield f"anchor {expected} is gone"
            return
        if anchor.prev_root != before:
            yield f"anchor {expected} does not follow from the one before"
        leaves = leaves_of(anchor)
        if len(leaves) != anchor.leaves or merkle_root(leaves) != anchor.root:
            yield f"anchor {expected}: its leaves do not give its root"
        if not verify(anchor_bytes(facts_of_anchor(anchor)), Signature(key_id=anchor.key_id, value=anchor.signature)):
            yield f"anchor {expected}: its signature does not hold"
        if to_us(anchor.anchored_at) < at:
            yield f"anchor {expected} is older than the one before"
        before, at = anchor.root, to_us(anchor.anchored_at)


def _query(statement: str, *values: Any) -> list[Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        rows: list[Leaf] = cursor.fetchall()
    return rows
