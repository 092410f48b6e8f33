"""The one way to lock the ledger: learners' heads in order of their ids, then units, then days.

Whoever holds a learner's head is the only writer of that learner's entries and projections; the rows of units and days
that follow are therefore free. Heads are made before any is locked, so that two batches never wait in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from lms.db.api import require_transaction
from lms.lib.arrays import plain

MAKE_HEADS = """
INSERT INTO ledger_head (learner_id, seq, entry_hash)
SELECT learner, 0, '' FROM unnest(%s::bigint[]) AS learner ORDER BY learner
ON CONFLICT (learner_id) DO NOTHING
"""
LOCK_HEADS = """
SELECT learner_id, seq, entry_hash FROM ledger_head WHERE learner_id = ANY(%s::bigint[]) ORDER BY learner_id FOR UPDATE
"""


@dataclass(slots=True, kw_only=True)
class HeadState:
    """The last entry of a chain; moves on as entries are added in this transaction."""

    seq: int
    entry_hash: str


def lock_heads(learner_ids: Iterable[int], *, make: bool = True) -> dict[int, HeadState]:
    """The caller's transaction is the only writer for these learners until it ends. `make`: missing heads are made."""
    require_transaction()
    ordered = sorted(set(learner_ids))
    with connection.cursor() as cursor:
        if make:
            cursor.execute(MAKE_HEADS, [plain(ordered)])
        cursor.execute(LOCK_HEADS, [plain(ordered)])
        return {learner: HeadState(seq=seq, entry_hash=digest) for learner, seq, digest in cursor.fetchall()}
