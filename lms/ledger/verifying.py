"""Recomputing everything that was sealed, a bounded number of entries at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from lms.evidence.api import digests_of
from lms.ledger.anchoring import bad_anchors
from lms.ledger.chain import EntryFacts
from lms.ledger.data import VerifyFinding, VerifyReport
from lms.ledger.faults import ChainRows, OccupiedRow, first_fault
from lms.ledger.fields import read_spans
from lms.ledger.locks import lock_heads
from lms.ledger.reading import HASH_AT, facts_of, with_columns
from lms.ledger.rules import DayStanding, UnitStanding

ENTRIES_AT_ONCE = 20_000
_HEADS = """
SELECT learner_id, seq FROM ledger_head
WHERE learner_id > %s
  AND (%s::bigint IS NULL OR learner_id IN (SELECT learner_id FROM ledger_coverage WHERE class_run_id = %s))
ORDER BY learner_id LIMIT 2000
"""
_HEADLESS = """
SELECT DISTINCT learner_id FROM (
    SELECT learner_id FROM ledger_entry UNION SELECT learner_id FROM ledger_entrykey
    UNION SELECT learner_id FROM ledger_coverage UNION SELECT learner_id FROM ledger_dayhead
    UNION SELECT learner_id FROM ledger_anchorleaf
) found
WHERE NOT EXISTS (SELECT 1 FROM ledger_head head WHERE head.learner_id = found.learner_id) ORDER BY learner_id
"""
_ENTRIES = with_columns("""
SELECT {columns} FROM ledger_entry entry WHERE entry.learner_id = ANY(%s) ORDER BY entry.learner_id, entry.seq
""")
_HEAD_ROWS = "SELECT learner_id, seq, entry_hash FROM ledger_head WHERE learner_id = ANY(%s)"
_KEYS = "SELECT learner_id, max(seq) FROM ledger_entrykey WHERE learner_id = ANY(%s) GROUP BY learner_id"
_UNITS = """
SELECT learner_id, enrolment_id, unit_key, covered::text, covered_ms FROM ledger_coverage WHERE learner_id = ANY(%s)
"""
_DAYS = """
SELECT learner_id, day::text, online_ms, practice_ms, total_ms FROM ledger_dayhead WHERE learner_id = ANY(%s)
"""
_OCCUPIED = """
SELECT learner_id, seq, lower(during), upper(during) FROM ledger_occupied WHERE learner_id = ANY(%s)
"""
_ANCHORED = "SELECT learner_id, seq, entry_hash FROM ledger_anchorleaf WHERE learner_id = ANY(%s)"


def verify_chains(*, class_run_id: int | None = None) -> VerifyReport:
    """Every chain recomputed: hashes, links, evidence, heads, anchors, projections; the first bad entry of each.

    With `class_run_id` only the learners of that class, their whole chains. Posting may go on meanwhile: a chain that
    looks wrong is read again under its lock before it is called broken.
    """
    learners = entries = 0
    findings: list[VerifyFinding] = []
    for group in _groups(class_run_id):
        rows = _read(group)
        learners += len(rows)
        entries += sum(len(of_learner.entries) for of_learner in rows)
        suspects = [of_learner.learner_id for of_learner in rows if first_fault(of_learner)]
        findings += _look_again(suspects)
    findings += [VerifyFinding(learner_id=0, seq=0, what="anchor_bad", detail=words) for words in bad_anchors()]
    return VerifyReport(learners=learners, entries=entries, findings=tuple(findings))


def check_chain(*, learner_id: int) -> VerifyFinding | None:
    """The first thing that is wrong with one learner's chain, None where it is sound."""
    (rows,) = _read([learner_id])
    return next(iter(_look_again([learner_id])), None) if first_fault(rows) else None


def _look_again(suspects: list[int]) -> list[VerifyFinding]:
    """What is still wrong with these learners while nobody can post for them."""
    if not suspects:
        return []
    with transaction.atomic():
        lock_heads(suspects, make=False)
        faults = [first_fault(of_learner) for of_learner in _read(suspects)]
    return [fault for fault in faults if fault]


def _groups(class_run_id: int | None) -> Iterator[list[int]]:
    """Learners in order, together about ENTRIES_AT_ONCE entries; at last those who lost their head."""
    group: list[int] = []
    size, last = 0, 0
    while heads := _query(_HEADS, last, class_run_id, class_run_id):
        for learner, seq in heads:
            group.append(learner)
            size += seq
            if size >= ENTRIES_AT_ONCE or len(group) >= 2000:
                yield group
                group, size = [], 0
        last = heads[-1][0]
    if group:
        yield group
    if class_run_id is None and (headless := [learner for (learner,) in _query(_HEADLESS)]):
        yield headless


def _read(learners: list[int]) -> list[ChainRows]:
    entries: dict[int, list[tuple[EntryFacts, str]]] = defaultdict(list)
    for row in _query(_ENTRIES, learners):
        entries[row[0]].append((facts_of(row), row[HASH_AT]))
    heads = {learner: (seq, digest) for learner, seq, digest in _query(_HEAD_ROWS, learners)}
    keys: dict[int, int] = dict(_query(_KEYS, learners))
    units: dict[int, dict[tuple[int, str], UnitStanding]] = defaultdict(dict)
    for learner, enrolment, unit, covered, covered_ms in _query(_UNITS, learners):
        units[learner][enrolment, unit] = UnitStanding(covered=read_spans(covered), covered_ms=covered_ms)
    days: dict[int, dict[str, DayStanding]] = defaultdict(dict)
    for learner, day, online, practice, whole in _query(_DAYS, learners):
        days[learner][day] = DayStanding(online_ms=online, practice_ms=practice, total_ms=whole)
    taken: dict[int, set[OccupiedRow]] = defaultdict(set)
    for learner, seq, start, end in _query(_OCCUPIED, learners):
        taken[learner].add((seq, start, end))
    anchored: dict[int, dict[int, str]] = defaultdict(dict)
    for learner, seq, digest in _query(_ANCHORED, learners):
        anchored[learner][seq] = digest
    digests = _digests(entries.values())
    return [
        ChainRows(
            learner_id=learner,
            entries=tuple(entries[learner]),
            head=heads.get(learner),
            last_key=keys.get(learner, 0),
            evidence=digests,
            units=units[learner],
            days=days[learner],
            occupied=frozenset(taken[learner]),
            anchored=anchored[learner],
        )
        for learner in learners
    ]


def _digests(chains: Iterable[Sequence[tuple[EntryFacts, str]]]) -> dict[str, str]:
    return digests_of(evidence_ids={facts.evidence for chain in chains for facts, _ in chain})


def _query(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
