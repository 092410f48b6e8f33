"""Writing entries: chained in memory under the learner's lock, then stored in a handful of statements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from lms.db.api import announce_many
from lms.evidence.data import CreditProposal, Stretch
from lms.ledger.chain import HASH_VERSION, EntryFacts, entry_hash, to_us
from lms.ledger.data import EntryKind
from lms.ledger.entries import EntryDraft
from lms.ledger.locks import HeadState
from lms.lib.arrays import plain

POSTED = "ledger.posted"
_to_json = msgspec.json.Encoder().encode
_COPY_ENTRIES = """
COPY ledger_entry (learner_id, seq, kind, reason, enrolment_id, class_run_id, unit_key, mode, day, seconds,
  milliseconds, pieces, evidence_id, evidence_digest, part, source, source_revision, captured_by, hour_pack, detail,
  hash_version, prev_hash, entry_hash, sealed_at) FROM STDIN
"""
_COPY_KEYS = "COPY ledger_entrykey (evidence_id, part, kind, reversal, learner_id, seq) FROM STDIN"
_COPY_OCCUPIED = "COPY ledger_occupied (learner_id, month_on, during, seq) FROM STDIN"
_MOVE_HEADS = """
UPDATE ledger_head head SET seq = new.seq, entry_hash = new.entry_hash
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS new (learner, seq, entry_hash)
WHERE head.learner_id = new.learner
"""


def piece_rows(pieces: tuple[Stretch, ...]) -> list[list[int]]:
    """Pieces as they are hashed and stored."""
    return [
        [piece.wall_from_ms, piece.wall_to_ms]
        if piece.media_from_ms is None or piece.media_to_ms is None
        else [piece.wall_from_ms, piece.wall_to_ms, piece.media_from_ms, piece.media_to_ms]
        for piece in pieces
    ]


class EntryWriter:
    """Appends entries to the chains of locked learners, and stores them all at the end of the transaction."""

    def __init__(self, heads: dict[int, HeadState], *, now: datetime) -> None:
        self._heads = heads
        self._now = now
        self._sealed_at = now.isoformat()
        self._entries: list[str] = []
        self._keys: list[str] = []
        self._occupied: list[str] = []
        self._moved: set[int] = set()
        self._last: dict[int, int] = {}
        self._parts: dict[str, int] = {}

    def append(self, draft: EntryDraft, origin: CreditProposal) -> EntryFacts:
        """The entry stands at the end of its learner's chain. `origin` is the proposal it answers."""
        return self.append_facts(
            EntryFacts(
                captured_by=origin.captured_by,
                class_run=origin.class_run_id,
                day=draft.day.isoformat(),
                detail=dict(draft.detail),
                enrolment=origin.enrolment_id,
                evidence=str(origin.evidence_id),
                evidence_digest=origin.evidence_digest,
                hash_version=HASH_VERSION,
                hour_pack=origin.limits.pack,
                kind=draft.kind.value,
                learner=origin.learner_id,
                milliseconds=draft.milliseconds,
                mode=origin.mode.value,
                part=draft.part,
                pieces=piece_rows(draft.pieces),
                prev_hash="",
                reason=draft.reason.value,
                sealed_at_us=0,
                seconds=draft.seconds,
                seq=0,
                source=origin.source,
                source_revision=origin.source_revision,
                unit=origin.unit_key,
            )
        )

    def append_facts(self, facts: EntryFacts) -> EntryFacts:
        """The facts with their place in the chain: seq, prev_hash and the sealing instant are set here."""
        head = self._heads[facts.learner]
        facts.seq, facts.prev_hash, facts.sealed_at_us = head.seq + 1, head.entry_hash, to_us(self._now)
        facts.hash_version = HASH_VERSION
        head.seq, head.entry_hash = facts.seq, entry_hash(facts)
        self._moved.add(facts.learner)
        self._parts[facts.evidence] = max(facts.part, self._parts.get(facts.evidence, -1))
        self._last[facts.enrolment] = facts.seq
        self._entries.append(_entry_line(facts, head.entry_hash, self._sealed_at))
        self._keys.append(_key_line(facts))
        if facts.kind == EntryKind.CREDIT:
            self._occupied += [_occupied_line(facts, row[0], row[1]) for row in facts.pieces]
        return facts

    def last_part(self, evidence: str) -> int:
        """The highest part number of this evidence in this transaction; -1 where it has none."""
        return self._parts.get(evidence, -1)

    def write(self) -> None:
        """Every appended entry is stored, heads moved on, and each touched enrolment announced once."""
        if not self._entries:
            return
        moved = sorted(self._moved)
        with connection.cursor() as cursor:
            for statement, lines in (
                (_COPY_ENTRIES, self._entries),
                (_COPY_KEYS, self._keys),
                (_COPY_OCCUPIED, self._occupied),
            ):
                if lines:
                    with connection.wrap_database_errors, cursor.copy(statement) as copy:
                        copy.write("".join(lines))
            heads = [self._heads[learner] for learner in moved]
            cursor.execute(
                _MOVE_HEADS,
                [plain(moved), plain(head.seq for head in heads), plain(head.entry_hash for head in heads)],
            )
        keys = [f"{enrolment}:{seq}" for enrolment, seq in self._last.items()]
        announce_many(topic=POSTED, keys=keys, occurred_at=self._now)


def _entry_line(facts: EntryFacts, digest: str, sealed_at: str) -> str:
    pieces = _to_json(facts.pieces).decode()
    detail = _copy_text(_to_json(facts.detail).decode()) if facts.detail else "{}"
    return (
        f"{facts.learner}\t{facts.seq}\t{facts.kind}\t{facts.reason}\t{facts.enrolment}\t{facts.class_run}\t"
        f"{_copy_text(facts.unit)}\t{facts.mode}\t{facts.day}\t{facts.seconds}\t{facts.milliseconds}\t{pieces}\t"
        f"{facts.evidence}\t{facts.evidence_digest}\t{facts.part}\t{_copy_text(facts.source)}\t{facts.source_revision}\t"
        f"{_copy_text(facts.captured_by)}\t{_copy_text(facts.hour_pack)}\t{detail}\t{facts.hash_version}\t"
        f"{facts.prev_hash}\t{digest}\t{sealed_at}\n"
    )


def _key_line(facts: EntryFacts) -> str:
    reversal = facts.kind == EntryKind.REVERSAL
    kind: Any = facts.detail["kind"] if reversal else facts.kind
    return f"{facts.evidence}\t{facts.part}\t{kind}\t{'t' if reversal else 'f'}\t{facts.learner}\t{facts.seq}\n"


def _occupied_line(facts: EntryFacts, wall_from: int, wall_to: int) -> str:
    return f"{facts.learner}\t{facts.day[:7]}-01\t[{wall_from},{wall_to})\t{facts.seq}\n"


def _copy_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
