"""What happened to each second of an enrolment, as people read it: sums, and stretches on the clock.

One rounding rule for all of it: milliseconds that stand are added up in the order of the chain, per unit where they
count and per reason where they do not, and a stretch has the whole seconds by which its sum grew. So whatever is added
up, days, units or reasons, gives the figures of the statement to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db import connection

from courses.data import UnitMode
from lms.evidence.data import ReasonCode, Stretch
from lms.ledger.data import EntryNotFound, LedgerStretch, Outcome, OutcomeSum
from lms.ledger.entries import join_pieces, total_ms
from lms.ledger.reading import read_pieces

APART_MS = 300_000
_COUNTED = """
WITH own AS (
  SELECT seq, kind, reason, unit_key, mode, day, milliseconds, pieces, sealed_at,
    detail->>'kind' AS of_kind, (detail->>'reverses')::bigint AS reverses
  FROM ledger_entry WHERE enrolment_id = %(enrolment)s AND kind IN ('credit', 'refusal', 'reversal')
), standing AS (
  SELECT seq, reason, unit_key, mode, day, pieces, sealed_at,
    CASE kind WHEN 'credit' THEN 'credited' WHEN 'refusal' THEN 'refused' ELSE 'taken_back' END AS outcome,
    abs(milliseconds) AS milliseconds
  FROM own
  WHERE (kind = 'reversal' AND of_kind = 'credit' AND reason <> 'daily_cap')
    OR (kind <> 'reversal' AND seq NOT IN (SELECT reverses FROM own WHERE kind = 'reversal'))
), counted AS (
  SELECT *, (sum(milliseconds) OVER whole)::bigint / 1000
    - ((sum(milliseconds) OVER whole)::bigint - milliseconds) / 1000 AS seconds
  FROM standing
  WINDOW whole AS (PARTITION BY outcome, CASE outcome WHEN 'credited' THEN unit_key ELSE reason END ORDER BY seq)
)
"""
_SUMS = (
    _COUNTED
    + """
SELECT day, unit_key, mode, outcome, reason, sum(seconds)::bigint, sum(milliseconds)::bigint FROM counted
GROUP BY day, unit_key, mode, outcome, reason ORDER BY day, unit_key, outcome, reason
"""
)
_STRETCHES = (
    _COUNTED
    + """
SELECT seq, day, unit_key, mode, outcome, reason, seconds, pieces::text, sealed_at FROM counted
WHERE day BETWEEN %(first)s AND %(last)s ORDER BY seq
"""
)
_DAY_OF = "SELECT day FROM ledger_entry WHERE enrolment_id = %s AND seq = %s"


def sums_of(*, enrolment_id: int) -> tuple[OutcomeSum, ...]:
    """Seconds by day, unit, outcome and reason, in one query; exam marks have none."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"enrolment": enrolment_id})
        return tuple(
            OutcomeSum(
                day=day, unit_key=unit, mode=UnitMode(mode), outcome=Outcome(outcome), reason=ReasonCode(reason),
                seconds=seconds, milliseconds=length,
            )
            for day, unit, mode, outcome, reason, seconds, length in cursor.fetchall()
        )  # fmt: skip


def stretches_of(*, enrolment_id: int, first_on: date, last_on: date) -> tuple[LedgerStretch, ...]:
    """What stands on these days in the order of the clock. Entries of one unit with the same verdict that follow each
    other within five minutes are one stretch; one that was taken back shows the reversal instead, unless it made room
    for another kind: what became of it then stands by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_STRETCHES, {"enrolment": enrolment_id, "first": first_on, "last": last_on})
        rows = cursor.fetchall()
    return tuple(_group(sorted(rows, key=_by_wall)))


def stretch_with(*, enrolment_id: int, seq: int) -> LedgerStretch:
    """The stretch to which this entry of the enrolment belongs. Raises EntryNotFound, also for one that no longer
    stands."""
    with connection.cursor() as cursor:
        cursor.execute(_DAY_OF, [enrolment_id, seq])
        row = cursor.fetchone()
    found = stretches_of(enrolment_id=enrolment_id, first_on=row[0], last_on=row[0]) if row else ()
    for stretch in found:
        if seq in stretch.seqs:
            return stretch
    raise EntryNotFound(f"{enrolment_id}/{seq}")


def _by_wall(row: Sequence[Any]) -> tuple[int, int]:
    pieces = msgspec.json.decode(row[7])
    return (pieces[0][0] if pieces else 0, row[0])


def _group(rows: Iterable[Sequence[Any]]) -> list[LedgerStretch]:
    groups: list[list[Sequence[Any]]] = []
    open_groups: dict[tuple[Any, ...], tuple[list[Sequence[Any]], int]] = {}
    for row in rows:
        pieces = msgspec.json.decode(row[7])
        start, end = (pieces[0][0], pieces[-1][1]) if pieces else (0, 0)
        key = tuple(row[1:6])
        group, until = open_groups.get(key, ([], 0))
        if not group or start - until > APART_MS:
            group = []
            groups.append(group)
        group.append(row)
        open_groups[key] = (group, max(until, end))
    return [_stretch(group) for group in groups]


def _stretch(rows: Sequence[Sequence[Any]]) -> LedgerStretch:
    _, day, unit, mode, outcome, reason, *_rest = rows[0]
    pieces: tuple[Stretch, ...] = join_pieces(
        piece for row in rows for piece in read_pieces(msgspec.json.decode(row[7]))
    )
    seqs = tuple(sorted(row[0] for row in rows))
    return LedgerStretch(
        seq=seqs[0],
        seqs=seqs,
        day=day,
        unit_key=unit,
        mode=UnitMode(mode),
        outcome=Outcome(outcome),
        reason=ReasonCode(reason),
        seconds=sum(row[6] for row in rows),
        milliseconds=total_ms(pieces),
        pieces=pieces,
        sealed_at=max(row[8] for row in rows),
    )
