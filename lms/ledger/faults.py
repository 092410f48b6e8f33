"""What can be wrong with one learner's chain. Pure: the same rows give the same finding years later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from courses.data import UnitMode
from lms.ledger.chain import EntryFacts, entry_hash
from lms.ledger.data import EntryKind, VerifyFinding
from lms.ledger.rules import DayStanding, UnitStanding, occupy
from lms.lib.intervals import total, union

OccupiedRow = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRows:
    """Everything that is stored about one learner. `entries` carry their stored hash; in order of seq.

    `evidence` has the digest recomputed from each sealed evidence that still exists, by its id as text; `days` are
    keyed by the day as text. `last_key` is the highest seq in
    the key table. `occupied` rows are (seq, wall from, wall to). `anchored` has the hashes that signed anchors hold, by
    seq.
    """

    learner_id: int
    entries: tuple[tuple[EntryFacts, str], ...]
    head: tuple[int, str] | None
    last_key: int
    evidence: Mapping[str, str]
    units: Mapping[tuple[int, str], UnitStanding]
    days: Mapping[str, DayStanding]
    occupied: frozenset[OccupiedRow]
    anchored: Mapping[int, str]


def first_fault(rows: ChainRows) -> VerifyFinding | None:
    """The first bad entry of the chain, or else the first projection that does not follow from it; None: all sound."""
    return _chain_fault(rows) or _head_fault(rows) or _projection_fault(rows)


def _chain_fault(rows: ChainRows) -> VerifyFinding | None:
    before = ""
    anchored = max(rows.anchored, default=0)
    for expected, (facts, stored) in enumerate(rows.entries, start=1):
        if facts.seq > expected:
            return _finding(rows, expected, "entry_missing", f"entry {expected} is gone, {facts.seq} follows")
        if facts.seq < expected:
            return _finding(rows, facts.seq, "entry_doubled", f"entry {facts.seq} stands twice")
        if entry_hash(facts) != stored:
            return _finding(rows, expected, "entry_altered", "its content does not give its hash")
        if facts.prev_hash != before:
            return _finding(rows, expected, "chain_broken", "it does not follow from the entry before it")
        known = rows.evidence.get(facts.evidence)
        if known is None:
            return _finding(rows, expected, "evidence_missing", f"its evidence {facts.evidence} is gone")
        if known != facts.evidence_digest:
            return _finding(rows, expected, "evidence_altered", f"its evidence {facts.evidence} was changed")
        if rows.anchored.get(expected, stored) != stored:
            return _finding(rows, expected, "anchor_differs", "a signed anchor holds another hash for it")
        before = stored
    if anchored > len(rows.entries):
        return _finding(rows, len(rows.entries) + 1, "entry_missing", f"a signed anchor holds entries up to {anchored}")
    return None


def _head_fault(rows: ChainRows) -> VerifyFinding | None:
    last_seq, last_hash = (rows.entries[-1][0].seq, rows.entries[-1][1]) if rows.entries else (0, "")
    if rows.head is None:
        return _finding(rows, last_seq, "head_missing", "the chain has no head")
    if max(rows.head[0], rows.last_key) > last_seq:
        return _finding(rows, last_seq + 1, "entry_missing", f"the last entries up to {rows.head[0]} are gone")
    if rows.head[0] < last_seq:
        return _finding(rows, rows.head[0] + 1, "head_behind", f"the head stands at {rows.head[0]}, entries go on")
    if rows.head[1] != last_hash:
        return _finding(rows, last_seq, "head_altered", "the head's hash is not that of the last entry")
    if rows.last_key < last_seq:
        return _finding(rows, rows.last_key + 1, "key_missing", "its row in the key table is gone")
    return None


def _projection_fault(rows: ChainRows) -> VerifyFinding | None:
    standing = standing_credits(facts for facts, _ in rows.entries)
    units, days, occupied = project(standing)
    for key in sorted({*units, *rows.units}):
        if units.get(key, UnitStanding()) != rows.units.get(key, UnitStanding()):
            return _finding(
                rows, _last_of_unit(rows, key), "coverage_altered", f"coverage of {key[0]}/{key[1]} differs"
            )
    for day in sorted({*days, *rows.days}):
        if days.get(day, DayStanding()) != rows.days.get(day, DayStanding()):
            return _finding(rows, _last_of_day(rows, day), "day_altered", f"the totals of {day} differ")
    wrong = sorted(occupied ^ rows.occupied)
    if wrong:
        return _finding(rows, wrong[0][0], "occupied_altered", f"the taken time from {wrong[0][1]} differs")
    return None


def standing_credits(entries: Iterable[EntryFacts]) -> dict[int, EntryFacts]:
    """Credits that have not been taken back, by seq."""
    standing: dict[int, EntryFacts] = {}
    for facts in entries:
        if facts.kind == EntryKind.CREDIT:
            standing[facts.seq] = facts
        elif facts.kind == EntryKind.REVERSAL:
            standing.pop(facts.detail["reverses"], None)
    return standing


def project(
    standing: Mapping[int, EntryFacts],
) -> tuple[dict[tuple[int, str], UnitStanding], dict[str, DayStanding], frozenset[OccupiedRow]]:
    """What coverage, days and occupied time must be, given the standing credits."""
    media: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    walls: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    occupied: set[OccupiedRow] = set()
    for seq, facts in standing.items():
        for row in facts.pieces:
            media[facts.enrolment, facts.unit].append((row[-2], row[-1]))
            walls[facts.day, facts.mode].append((row[0], row[1]))
            occupied.add((seq, row[0], row[1]))
    units = {key: _unit(spans) for key, spans in media.items()}
    return units, _days(walls), frozenset(occupied)


def _unit(spans: list[tuple[int, int]]) -> UnitStanding:
    return UnitStanding(covered=union(spans), covered_ms=total(spans))


def _days(walls: Mapping[tuple[str, str], list[tuple[int, int]]]) -> dict[str, DayStanding]:
    days: dict[str, DayStanding] = {}
    for (day, mode), spans in walls.items():
        standing = days.get(day, DayStanding())
        counted = occupy(DayStanding(), 0, total(spans), UnitMode(mode))
        days[day] = DayStanding(
            online_ms=standing.online_ms + counted.online_ms,
            practice_ms=standing.practice_ms + counted.practice_ms,
            total_ms=standing.total_ms + counted.total_ms,
        )
    return days


def _last_of_unit(rows: ChainRows, key: tuple[int, str]) -> int:
    return max((facts.seq for facts, _ in rows.entries if (facts.enrolment, facts.unit) == key), default=0)


def _last_of_day(rows: ChainRows, day: str) -> int:
    return max((facts.seq for facts, _ in rows.entries if facts.day == day), default=0)


def _finding(rows: ChainRows, seq: int, what: str, detail: str) -> VerifyFinding:
    return VerifyFinding(learner_id=rows.learner_id, seq=seq, what=what, detail=detail)
