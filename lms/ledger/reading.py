"""Reading entries as they were hashed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from courses.data import UnitMode
from lms.evidence.data import ReasonCode, Stretch
from lms.ledger.chain import HASH_VERSION, EntryFacts, from_us
from lms.ledger.data import Entry, EntryKind

COLUMNS = """entry.learner_id, entry.seq, entry.kind, entry.reason, entry.enrolment_id, entry.class_run_id,
 entry.unit_key, entry.mode, entry.day::text, entry.seconds, entry.milliseconds, entry.pieces, entry.evidence_id::text,
 entry.evidence_digest, entry.part, entry.source, entry.source_revision, entry.captured_by, entry.hour_pack,
 entry.detail, entry.hash_version, entry.prev_hash, (extract(epoch FROM entry.sealed_at) * 1000000)::bigint,
 entry.entry_hash"""
_decode = msgspec.json.decode
HASH_AT = 23


def with_columns(statement: str) -> str:
    """The statement with COLUMNS where it says `{columns}`, so that every reader selects the same in the same order."""
    return statement.replace("{columns}", COLUMNS)


def facts_of(row: Sequence[Any]) -> EntryFacts:
    """What a row of COLUMNS says; its own hash stands at HASH_AT."""
    return EntryFacts(
        learner=row[0],
        seq=row[1],
        kind=row[2],
        reason=row[3],
        enrolment=row[4],
        class_run=row[5],
        unit=row[6],
        mode=row[7],
        day=row[8],
        seconds=row[9],
        milliseconds=row[10],
        pieces=_decode(row[11]),
        evidence=row[12],
        evidence_digest=row[13],
        part=row[14],
        source=row[15],
        source_revision=row[16],
        captured_by=row[17],
        hour_pack=row[18],
        detail=_decode(row[19]),
        hash_version=row[20],
        prev_hash=row[21],
        sealed_at_us=row[22],
    )


def read_pieces(rows: Iterable[Sequence[int]]) -> tuple[Stretch, ...]:
    """Stored pieces as stretches."""
    return tuple(
        Stretch(wall_from_ms=row[0], wall_to_ms=row[1])
        if len(row) == 2
        else Stretch(wall_from_ms=row[0], wall_to_ms=row[1], media_from_ms=row[2], media_to_ms=row[3])
        for row in rows
    )


def reversal_of(facts: EntryFacts, *, reason: ReasonCode, detail: dict[str, Any]) -> EntryFacts:
    """An entry that takes `facts` back: the same pieces, the amounts negated, the reversed entry in its detail."""
    return EntryFacts(
        captured_by=facts.captured_by,
        class_run=facts.class_run,
        day=facts.day,
        detail={"kind": facts.kind, "reverses": facts.seq, **detail},
        enrolment=facts.enrolment,
        evidence=facts.evidence,
        evidence_digest=facts.evidence_digest,
        hash_version=HASH_VERSION,
        hour_pack=facts.hour_pack,
        kind=EntryKind.REVERSAL.value,
        learner=facts.learner,
        milliseconds=-facts.milliseconds,
        mode=facts.mode,
        part=facts.part,
        pieces=facts.pieces,
        prev_hash="",
        reason=reason.value,
        sealed_at_us=0,
        seconds=-facts.seconds,
        seq=0,
        source=facts.source,
        source_revision=facts.source_revision,
        unit=facts.unit,
    )


def entry_of(facts: EntryFacts, entry_hash: str) -> Entry:
    """The entry as it crosses the door."""
    return Entry(
        learner_id=facts.learner,
        seq=facts.seq,
        kind=EntryKind(facts.kind),
        reason=ReasonCode(facts.reason),
        enrolment_id=facts.enrolment,
        class_run_id=facts.class_run,
        unit_key=facts.unit,
        mode=UnitMode(facts.mode),
        day=date.fromisoformat(facts.day),
        seconds=facts.seconds,
        milliseconds=facts.milliseconds,
        pieces=read_pieces(facts.pieces),
        evidence_id=UUID(facts.evidence),
        evidence_digest=facts.evidence_digest,
        part=facts.part,
        source=facts.source,
        captured_by=facts.captured_by,
        hour_pack=facts.hour_pack,
        detail=facts.detail,
        prev_hash=facts.prev_hash,
        entry_hash=entry_hash,
        sealed_at=from_us(facts.sealed_at_us),
    )
