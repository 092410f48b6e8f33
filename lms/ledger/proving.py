"""Anchors for everybody: the list, the file of each, and the path from a learner's head to the root above it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lms.ledger.anchoring import facts_of_anchor, leaves_of
from lms.ledger.chain import leaf_hash, merkle_levels, merkle_path
from lms.ledger.data import AnchorNotFound, AnchorSeal
from lms.ledger.models import Anchor, AnchorLeaf
from lms.lib.canonical import JSONValue, canonical_bytes
from lms.lib.localday import local_day


def list_anchors(*, start: int = 0, limit: int = 50) -> tuple[AnchorSeal, ...]:
    """The newest anchors first, at most `limit` after the first `start`."""
    return tuple(_seal(anchor) for anchor in Anchor.objects.order_by("-number")[start : start + limit])


def count_anchors() -> int:
    """How many there are; they are numbered from 1 without gaps."""
    return Anchor.objects.count()


def anchor_file(*, number: int) -> bytes:
    """The anchor as a file: canonical JSON of what the signature covers, the signature and the key's id.

    Raises AnchorNotFound.
    """
    return canonical_bytes(_document(_anchor(number)))


def leaf_hashes(*, number: int) -> Iterator[str]:
    """The leaves of the anchor's tree in order, one hash each; together they give its root. Raises AnchorNotFound."""
    return (leaf_hash(leaf).hex() for leaf in leaves_of(_anchor(number)))


def anchor_of_head(*, entry_hash: str) -> AnchorSeal | None:
    """The anchor under which this entry stands as a head; None: it was never the last of its chain at an anchor."""
    leaf = AnchorLeaf.objects.filter(entry_hash=entry_hash).select_related("anchor").first()
    return _seal(leaf.anchor) if leaf else None


def anchor_proof(*, learner_id: int) -> dict[str, JSONValue] | None:
    """The newest anchor that holds the learner's head, with the path from that head to its root; None: none yet."""
    newest = AnchorLeaf.objects.filter(learner_id=learner_id).select_related("anchor").order_by("-seq").first()
    if newest is None:
        return None
    leaves = leaves_of(newest.anchor)
    place = next(index for index, leaf in enumerate(leaves) if leaf[0] == learner_id)
    return {
        **_document(newest.anchor),
        "leaf": list(leaves[place]),
        "path": merkle_path(merkle_levels(leaves), place),
    }


def _document(anchor: Anchor) -> dict[str, JSONValue]:
    return {
        "anchor": msgspec.to_builtins(facts_of_anchor(anchor)),
        "key_id": anchor.key_id,
        "signature": anchor.signature,
    }


def _anchor(number: int) -> Anchor:
    try:
        return Anchor.objects.get(number=number)
    except Anchor.DoesNotExist as error:
        raise AnchorNotFound(str(number)) from error


def _seal(anchor: Anchor) -> AnchorSeal:
    return AnchorSeal(
        number=anchor.number,
        day=local_day(anchor.anchored_at),
        anchored_at=anchor.anchored_at,
        heads=anchor.leaves,
        root=anchor.root,
        prev_root=anchor.prev_root,
        key_id=anchor.key_id,
        signature=anchor.signature,
    )
