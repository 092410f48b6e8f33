"""Taking an entry back: nothing is edited, a reversal is entered beside it and frees what it had taken."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection, transaction

from courses.data import UnitMode
from lms.evidence.data import ReasonCode
from lms.ledger.chain import EntryFacts
from lms.ledger.data import Entry, EntryKind, EntryNotFound, UnableToReverse
from lms.ledger.locks import lock_heads
from lms.ledger.reading import entry_of, facts_of, read_pieces, reversal_of, with_columns
from lms.ledger.rules import UnitStanding, covered_span, day_of, vacate
from lms.ledger.standings import Need, Standings, UnitOwner, month_of
from lms.ledger.writing import EntryWriter
from lms.lib.intervals import subtract

_ENTRY = with_columns("SELECT {columns} FROM ledger_entry entry WHERE entry.learner_id = %s AND entry.seq = %s")
_REVERSED = """
SELECT EXISTS (SELECT 1 FROM ledger_entrykey WHERE evidence_id = %s AND part = %s AND kind = %s AND reversal)
"""
_FREE = "DELETE FROM ledger_occupied WHERE learner_id = %s AND month_on = %s AND seq = %s"
_REASONS = (ReasonCode.CORRECTION, ReasonCode.VOID_FRAUD)
_NOTE_LENGTH = 500


def reverse_entry(
    *, learner_id: int, seq: int, reason: ReasonCode, note: str, author_id: int, approver_id: int, now: datetime
) -> Entry:
    """The credit or result is taken back by a new entry; its time is free and its media may be learnt again.

    Author and approver are two people, neither of them the learner (domain 1.2, corrections). `reason` is CORRECTION
    or VOID_FRAUD; `note` says why, without personal data. Announces `ledger.posted`. Raises EntryNotFound,
    UnableToReverse.
    """
    _check(learner_id, reason, note, author_id, approver_id)
    with transaction.atomic():
        heads = lock_heads((learner_id,))
        facts = _reversible(learner_id, seq)
        standings = Standings()
        if facts.kind == EntryKind.CREDIT:
            give_back(facts, standings)
        writer = EntryWriter(heads, now=now)
        detail = {"approver": approver_id, "author": author_id, "note": note.strip()}
        entered = writer.append_facts(reversal_of(facts, reason=reason, detail=detail))
        standings.write()
        writer.write()
        return entry_of(entered, heads[learner_id].entry_hash)


def _check(learner_id: int, reason: ReasonCode, note: str, author_id: int, approver_id: int) -> None:
    if reason not in _REASONS:
        raise UnableToReverse("reason_invalid", "A reversal is a correction or voids a fraud.")
    if not note.strip() or len(note) > _NOTE_LENGTH or "\x00" in note:
        raise UnableToReverse("note_missing", f"Say why the entry is taken back, in at most {_NOTE_LENGTH} characters.")
    if author_id == approver_id:
        raise UnableToReverse("same_person", "Whoever approves a reversal is not the one who asked for it.")
    if learner_id in (author_id, approver_id):
        raise UnableToReverse("own_entry", "Nobody reverses an entry of their own learning.")


def _reversible(learner_id: int, seq: int) -> EntryFacts:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRY, [learner_id, seq])
        row = cursor.fetchone()
        if row is None:
            raise EntryNotFound(f"{learner_id}/{seq}")
        facts = facts_of(row)
        if facts.kind not in (EntryKind.CREDIT, EntryKind.RESULT):
            raise UnableToReverse("kind_invalid", "Only credits and results can be taken back.")
        cursor.execute(_REVERSED, [facts.evidence, facts.part, facts.kind])
        if cursor.fetchone() == (True,):
            raise UnableToReverse("already_reversed", "This entry has been taken back before.")
    return facts


def give_back(facts: EntryFacts, standings: Standings) -> None:
    """Media, wall time and totals are as if the entry had not been made; its seconds follow the unit's floor."""
    pieces = read_pieces(facts.pieces)
    unit_key = (facts.enrolment, facts.unit)
    spans = [(piece.wall_from_ms, piece.wall_to_ms) for piece in pieces]
    standings.load([Need(learner_id=facts.learner, units=(unit_key,), spans=spans)])
    before = standings.units[unit_key]
    after = UnitStanding(
        covered=subtract(before.covered, [covered_span(piece) for piece in pieces]),
        covered_ms=before.covered_ms - facts.milliseconds,
    )
    facts.seconds = before.covered_ms // 1000 - after.covered_ms // 1000
    mode = UnitMode(facts.mode)
    standings.set_unit(unit_key, after, UnitOwner(learner_id=facts.learner, class_run_id=facts.class_run, mode=mode))
    for piece in pieces:
        key = (facts.learner, day_of(piece.wall_from_ms))
        standings.set_day(key, vacate(standings.days[key], piece.wall_from_ms, piece.wall_to_ms, mode))
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [facts.learner, month_of(date.fromisoformat(facts.day)), facts.seq])
