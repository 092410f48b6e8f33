"""Reading the ledger: statements, entries, and what producers ask before they let somebody learn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connection

from courses.data import CurriculumVersion, ExamKind, UnitMode
from lms.enrolment.api import get_enrolment
from lms.evidence.api import gate_units
from lms.evidence.data import ReasonCode
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.ledger.chain import from_us
from lms.ledger.data import (
    Entry,
    EntryKind,
    LearningStatement,
    ModeLine,
    RefusedLine,
    ResultLine,
    UnitLine,
)
from lms.ledger.fields import read_spans
from lms.ledger.reading import HASH_AT, entry_of, facts_of, read_pieces, with_columns
from lms.ledger.rules import DayStanding, covered_span, daily_room_ms
from lms.lib.arrays import plain

# One statement, so that head, coverage and entries are of one moment.
_STATEMENTS = """
SELECT 'head', asked.enrolment, jsonb_build_object('seq', head.seq, 'hash', head.entry_hash)::text
FROM unnest(%(enrolments)s::bigint[], %(learners)s::bigint[]) AS asked (enrolment, learner)
JOIN ledger_head head ON head.learner_id = asked.learner
UNION ALL
SELECT 'unit', enrolment_id,
  jsonb_build_object('unit', unit_key, 'mode', mode, 'covered', covered::text, 'ms', covered_ms)::text
FROM ledger_coverage WHERE enrolment_id = ANY(%(enrolments)s::bigint[])
UNION ALL
SELECT 'entry', enrolment_id, jsonb_build_object('seq', seq, 'kind', kind, 'reason', reason, 'unit', unit_key,
  'pieces', pieces, 'detail', detail, 'at', (extract(epoch FROM sealed_at) * 1000000)::bigint)::text
FROM ledger_entry WHERE enrolment_id = ANY(%(enrolments)s::bigint[]) AND kind <> 'credit'
"""
_DAY = "SELECT online_ms, practice_ms, total_ms FROM ledger_dayhead WHERE learner_id = %s AND day = %s"
_CREDITED = """
SELECT unit.enrolment_id, unit.unit_key, unit.covered_ms FROM ledger_coverage unit
JOIN unnest(%s::bigint[], %s::text[]) AS asked (enrolment, key)
  ON unit.enrolment_id = asked.enrolment AND unit.unit_key = asked.key
"""
_SECONDS = """
SELECT enrolment_id, mode, sum(covered_ms / 1000)::bigint FROM ledger_coverage
WHERE enrolment_id = ANY(%s::bigint[]) GROUP BY enrolment_id, mode
"""
_ENTRIES = with_columns("""
SELECT {columns} FROM ledger_entry entry
WHERE entry.learner_id = %s AND entry.seq > %s AND (%s::bigint IS NULL OR entry.enrolment_id = %s)
ORDER BY entry.seq LIMIT %s
""")
_HASH_AT_SEQ = "SELECT entry_hash FROM ledger_entry WHERE learner_id = %s AND seq = %s"


def statement_for(*, enrolment_id: int, now: datetime) -> LearningStatement:
    """What the ledger holds for the enrolment, all of one moment. Raises what `get_enrolment` raises.

    Units appear once something was asked for them. Refused seconds leave out refusals that were taken back.
    """
    learner_id = get_enrolment(enrolment_id=enrolment_id).learner_id
    return statements_of(learners={enrolment_id: learner_id}, now=now)[enrolment_id]


def statements_of(*, learners: Mapping[int, int], now: datetime) -> dict[int, LearningStatement]:
    """As `statement_for` for many enrolments, given with their learners, in one query and of one moment."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = {
        enrolment: {"head": [], "unit": [], "entry": []} for enrolment in learners
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS, {"enrolments": plain(learners), "learners": plain(learners.values())})
        for kind, enrolment, text in cursor.fetchall():
            found[enrolment][kind].append(msgspec.json.decode(text))
    return {enrolment: _statement(enrolment, learners[enrolment], parts, now) for enrolment, parts in found.items()}


def _statement(
    enrolment_id: int, learner_id: int, found: Mapping[str, list[dict[str, Any]]], now: datetime
) -> LearningStatement:
    entries = _standing(found["entry"])
    head: dict[str, Any] = found["head"][0] if found["head"] else {"seq": 0, "hash": ""}
    refused = {unit["unit"]: _refused_lines(entries, unit["unit"]) for unit in found["unit"]}
    units = tuple(_unit_line(unit, refused[unit["unit"]]) for unit in found["unit"] if unit["mode"] != "assessment")
    return LearningStatement(
        learner_id=learner_id,
        enrolment_id=enrolment_id,
        units=tuple(sorted(units, key=lambda unit: (list(UnitMode).index(unit.mode), unit.unit_key))),
        modes=_mode_lines(units),
        results=_result_lines(entries),
        refused_seconds=_refused_seconds(line for lines in refused.values() for line in lines),
        head_seq=head["seq"],
        head_hash=head["hash"],
        as_of=now,
    )


def entries_for(
    *, learner_id: int, enrolment_id: int | None = None, after_seq: int = 0, limit: int = 100_000
) -> tuple[Entry, ...]:
    """The learner's entries after `after_seq` in order, at most `limit`; those of one enrolment if it is given."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [learner_id, after_seq, enrolment_id, enrolment_id, limit])
        return tuple(entry_of(facts_of(row), row[HASH_AT]) for row in cursor.fetchall())


def hash_at(*, learner_id: int, seq: int) -> str | None:
    """The hash of the learner's entry number `seq`; None where the chain has none."""
    with connection.cursor() as cursor:
        cursor.execute(_HASH_AT_SEQ, [learner_id, seq])
        row = cursor.fetchone()
    return row[0] if row else None


def credited_for(*, units: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Credited milliseconds by (enrolment, unit key) in one query; units without credit are left out."""
    if not units:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CREDITED, [list(column) for column in zip(*set(units), strict=True)])
        return {(enrolment, key): credited for enrolment, key, credited in cursor.fetchall()}


def seconds_of(*, enrolment_ids: Collection[int]) -> dict[int, dict[UnitMode, int]]:
    """Credited seconds by enrolment and mode, each unit rounded down, in one query: the sums of their statements."""
    found: dict[int, dict[UnitMode, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS, [plain(enrolment_ids)])
        for enrolment, mode, seconds in cursor.fetchall():
            found.setdefault(enrolment, {})[UnitMode(mode)] = seconds
    return found


def remaining_today(*, learner_id: int, mode: UnitMode, day: date, limits: HourLimits) -> int:
    """Whole seconds of this mode that the learner may still be credited on that Asia/Shanghai day."""
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [learner_id, day])
        online, practice, total = cursor.fetchone() or (0, 0, 0)
    standing = DayStanding(online_ms=online, practice_ms=practice, total_ms=total)
    return daily_room_ms(mode, standing, limits) // 1000


def theory_complete(*, enrolment_id: int, curriculum: CurriculumVersion) -> bool:
    """Whether every online unit outside the practice part is credited to its threshold (HRS-06)."""
    facts = get_enrolment(enrolment_id=enrolment_id)
    limits = limits_for(pack=facts.hour_pack, category=facts.category)
    gate = gate_units(curriculum, limits)
    credited = credited_for(units=[(enrolment_id, unit.unit_key) for unit in gate])
    return all(credited.get((enrolment_id, unit.unit_key), 0) >= unit.required_seconds * 1000 for unit in gate)


def _standing(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refusals and results that have not been taken back, in order."""
    taken_back = {entry["detail"]["reverses"] for entry in entries if entry["kind"] == EntryKind.REVERSAL}
    standing = [entry for entry in entries if entry["kind"] != EntryKind.REVERSAL and entry["seq"] not in taken_back]
    return sorted(standing, key=lambda entry: int(entry["seq"]))


def _refused_lines(entries: Iterable[Mapping[str, Any]], unit_key: str) -> tuple[RefusedLine, ...]:
    return tuple(
        RefusedLine(
            from_ms=covered_span(piece)[0],
            to_ms=covered_span(piece)[1],
            seconds=piece.length_ms // 1000,
            reason=ReasonCode(entry["reason"]),
        )
        for entry in entries
        if entry["kind"] == EntryKind.REFUSAL and entry["unit"] == unit_key
        for piece in read_pieces(entry["pieces"])
    )


def _refused_seconds(lines: Iterable[RefusedLine]) -> dict[ReasonCode, int]:
    """By reason, rounded down once per reason; what does not reach a second is left out."""
    totals: dict[ReasonCode, int] = {}
    for line in lines:
        totals[line.reason] = totals.get(line.reason, 0) + line.to_ms - line.from_ms
    return {reason: total // 1000 for reason, total in sorted(totals.items()) if total >= 1000}


def _unit_line(unit: Mapping[str, Any], refused: tuple[RefusedLine, ...]) -> UnitLine:
    return UnitLine(
        unit_key=unit["unit"],
        mode=UnitMode(unit["mode"]),
        credited_seconds=unit["ms"] // 1000,
        credited_ms=unit["ms"],
        coverage=read_spans(unit["covered"]),
        refused=refused,
    )


def _mode_lines(units: Iterable[UnitLine]) -> tuple[ModeLine, ...]:
    totals: dict[UnitMode, int] = {}
    for unit in units:
        totals[unit.mode] = totals.get(unit.mode, 0) + unit.credited_seconds
    return tuple(ModeLine(mode=mode, credited_seconds=totals[mode]) for mode in UnitMode if mode in totals)


def _result_lines(entries: Iterable[Mapping[str, Any]]) -> tuple[ResultLine, ...]:
    """Per exam unit the mark with the highest version; of equal versions the later one."""
    latest: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        known = latest.get(entry["unit"])
        if entry["kind"] == EntryKind.RESULT and (
            known is None or entry["detail"]["version"] >= known["detail"]["version"]
        ):
            latest[entry["unit"]] = entry
    return tuple(_result_line(entry) for entry in sorted(latest.values(), key=lambda entry: int(entry["seq"])))


def _result_line(entry: Mapping[str, Any]) -> ResultLine:
    detail = entry["detail"]
    return ResultLine(
        unit_key=entry["unit"],
        exam_kind=ExamKind(detail["exam_kind"]),
        score=detail["score"],
        pass_mark=detail["pass_mark"],
        passed=detail["passed"],
        assessor_id=detail["assessor"],
        at=from_us(entry["at"]),
    )
