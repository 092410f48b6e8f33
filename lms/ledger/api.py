"""The door of the ledger: post, take back, read, verify."""

from __future__ import annotations

from lms.ledger.access import check_reader
from lms.ledger.anchoring import anchor_daily, anchor_heads
from lms.ledger.exports import chain_lines
from lms.ledger.partitions import make_partitions
from lms.ledger.posting import post_credit, post_credits
from lms.ledger.proving import (
    anchor_file,
    anchor_of_head,
    anchor_proof,
    count_anchors,
    leaf_hashes,
    list_anchors,
)
from lms.ledger.reversing import reverse_entry
from lms.ledger.statements import (
    credited_for,
    entries_for,
    hash_at,
    remaining_today,
    seconds_of,
    statement_for,
    statements_of,
    theory_complete,
)
from lms.ledger.stretches import stretch_with, stretches_of, sums_of
from lms.ledger.verifying import check_chain, verify_chains

__all__ = [
    "anchor_daily",
    "anchor_file",
    "anchor_heads",
    "anchor_of_head",
    "anchor_proof",
    "chain_lines",
    "check_chain",
    "check_reader",
    "count_anchors",
    "credited_for",
    "entries_for",
    "hash_at",
    "leaf_hashes",
    "list_anchors",
    "make_partitions",
    "post_credit",
    "post_credits",
    "remaining_today",
    "reverse_entry",
    "seconds_of",
    "statement_for",
    "statements_of",
    "stretch_with",
    "stretches_of",
    "sums_of",
    "theory_complete",
    "verify_chains",
]
