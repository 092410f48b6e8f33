"""What the learners of one transaction have been credited so far: read under their lock, changed, written back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection

from courses.data import UnitMode
from lms.ledger.fields import read_spans, write_spans
from lms.ledger.rules import DayStanding, UnitStanding, day_of, split_days
from lms.lib.arrays import plain, texts
from lms.lib.intervals import Span, union

UnitKey = tuple[int, str]
DayKey = tuple[int, date]
_READ_UNITS = """
SELECT unit.enrolment_id, unit.unit_key, unit.covered::text, unit.covered_ms FROM ledger_coverage unit
JOIN unnest(%s::bigint[], %s::text[]) AS asked (enrolment, key)
  ON unit.enrolment_id = asked.enrolment AND unit.unit_key = asked.key
"""
_READ_DAYS = """
SELECT head.learner_id, head.day, head.online_ms, head.practice_ms, head.total_ms
FROM ledger_dayhead head
JOIN unnest(%s::bigint[], %s::date[]) AS asked (learner, day)
  ON head.learner_id = asked.learner AND head.day = asked.day
"""
_READ_TAKEN = """
SELECT taken.learner_id, lower(taken.during), upper(taken.during) FROM ledger_occupied taken
JOIN unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[]) AS asked (learner, month, low, high)
  ON taken.learner_id = asked.learner AND taken.month_on = asked.month
  AND taken.during && int8range(asked.low, asked.high)
"""
_WRITE_UNITS = """
INSERT INTO ledger_coverage (enrolment_id, unit_key, learner_id, class_run_id, mode, covered, covered_ms)
SELECT enrolment, key, learner, class_run, mode, covered::int8multirange, covered_ms
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
  AS new (enrolment, key, learner, class_run, mode, covered, covered_ms)
ON CONFLICT (enrolment_id, unit_key) DO UPDATE SET covered = EXCLUDED.covered, covered_ms = EXCLUDED.covered_ms
"""
# Totals are moved, not set: they stay right even for a writer that misread them.
_WRITE_DAYS = """
WITH new (learner, day, online_ms, practice_ms, total_ms) AS (
    SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])
), moved AS (
    UPDATE ledger_dayhead head SET online_ms = head.online_ms + new.online_ms,
      practice_ms = head.practice_ms + new.practice_ms, total_ms = head.total_ms + new.total_ms
    FROM new WHERE head.learner_id = new.learner AND head.day = new.day
    RETURNING head.learner_id, head.day
)
INSERT INTO ledger_dayhead (learner_id, day, online_ms, practice_ms, total_ms)
SELECT learner, day, online_ms, practice_ms, total_ms FROM new
WHERE (learner, day) NOT IN (SELECT learner_id, day FROM moved)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOwner:
    """To whom a unit's coverage belongs."""

    learner_id: int
    class_run_id: int
    mode: UnitMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one proposal looks at: its unit and those it shares a bound with, and its learner's time in these spans."""

    learner_id: int
    units: Sequence[UnitKey]
    spans: Sequence[Span]


class Standings:
    """The standings of the units and days that one transaction touches. The learners' heads must be locked.

    A day's taken time is read from the projection that the exclusion constraint guards, and only around what is asked.
    """

    def __init__(self) -> None:
        self.units: dict[UnitKey, UnitStanding] = {}
        self.days: dict[DayKey, DayStanding] = {}
        self._changed_units: dict[UnitKey, UnitOwner] = {}
        self._days_as_read: dict[DayKey, DayStanding] = {}

    def load(self, needs: Iterable[Need]) -> None:
        """Everything needed is known: as stored, with what this transaction has changed, or empty."""
        needs = tuple(needs)
        units = sorted({unit for need in needs for unit in need.units if unit not in self.units})
        asked = sorted(
            {(need.learner_id, *piece) for need in needs for span in need.spans for piece in split_days(*span)}
        )
        days = sorted({(learner, day) for learner, day, _, _ in asked if (learner, day) not in self.days})
        with connection.cursor() as cursor:
            if units:
                self._read_units(cursor, units)
            if days:
                self._read_days(cursor, days)
            if asked:
                self._read_taken(cursor, asked)

    def set_unit(self, key: UnitKey, standing: UnitStanding, owner: UnitOwner) -> None:
        """The unit stands so from now on; it is written even where nothing was credited, as a trace of the attempt."""
        self.units[key] = standing
        self._changed_units[key] = owner

    def set_day(self, key: DayKey, standing: DayStanding) -> None:
        """The day stands so from now on."""
        self.days[key] = standing

    def write(self) -> None:
        """What changed is stored, in two statements."""
        units = [
            (*key, owner.learner_id, owner.class_run_id, owner.mode.value, *_unit_columns(self.units[key]))
            for key, owner in sorted(self._changed_units.items(), key=lambda item: item[0])
        ]
        days = [
            (*key, *more) for key in sorted(self.days) if any(more := _growth(self._days_as_read[key], self.days[key]))
        ]
        with connection.cursor() as cursor:
            if units:
                enrolments, keys, learners, runs, modes, covered, covered_ms = zip(*units, strict=True)
                cursor.execute(
                    _WRITE_UNITS,
                    [
                        plain(enrolments),
                        texts(keys),
                        plain(learners),
                        plain(runs),
                        texts(modes),
                        texts(covered),
                        plain(covered_ms),
                    ],
                )
            if days:
                cursor.execute(_WRITE_DAYS, [plain(column) for column in zip(*days, strict=True)])

    def _read_units(self, cursor: Any, units: Sequence[UnitKey]) -> None:
        self.units.update(dict.fromkeys(units, UnitStanding()))
        cursor.execute(_READ_UNITS, [plain(unit[0] for unit in units), texts(unit[1] for unit in units)])
        for enrolment, key, covered, covered_ms in cursor.fetchall():
            self.units[enrolment, key] = UnitStanding(covered=read_spans(covered), covered_ms=covered_ms)

    def _read_days(self, cursor: Any, days: Sequence[DayKey]) -> None:
        self.days.update(dict.fromkeys(days, DayStanding()))
        cursor.execute(_READ_DAYS, [plain(column) for column in zip(*days, strict=True)])
        for learner, day, online, practice, total in cursor.fetchall():
            self.days[learner, day] = DayStanding(online_ms=online, practice_ms=practice, total_ms=total)
        self._days_as_read.update({key: self.days[key] for key in days})

    def _read_taken(self, cursor: Any, asked: Sequence[tuple[int, date, int, int]]) -> None:
        windows = [(learner, month_of(day), low, high) for learner, day, low, high in asked]
        cursor.execute(_READ_TAKEN, [plain(column) for column in zip(*windows, strict=True)])
        taken: dict[DayKey, list[Span]] = defaultdict(list)
        for learner, start, end in cursor.fetchall():
            taken[learner, day_of(start)].append((start, end))
        for key, spans in taken.items():
            day = self.days[key]
            self.days[key] = replace(day, occupied=union([*day.occupied, *spans]))


def month_of(day: date) -> date:
    """The first day of the month that holds `day`."""
    return day.replace(day=1)


def _growth(before: DayStanding, after: DayStanding) -> tuple[int, int, int]:
    return (
        after.online_ms - before.online_ms,
        after.practice_ms - before.practice_ms,
        after.total_ms - before.total_ms,
    )


def _unit_columns(standing: UnitStanding) -> tuple[str, int]:
    return write_spans(standing.covered), standing.covered_ms
