"""What the learners of one transaction have been credited so far: read under their lock, changed, written back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from courses.data import UnitMode
from lms.ledger.fields import read_spans, write_spans
from lms.ledger.rules import DayStanding, UnitStanding

UnitKey = tuple[int, str]
DayKey = tuple[int, date]
_READ_UNITS = """
SELECT unit.enrolment_id, unit.unit_key, unit.covered::text, unit.covered_ms FROM ledger_coverage unit
JOIN unnest(%s::bigint[], %s::text[]) AS asked (enrolment, key)
  ON unit.enrolment_id = asked.enrolment AND unit.unit_key = asked.key
"""
_READ_DAYS = """
SELECT head.learner_id, head.day, head.occupied::text, head.online_ms, head.practice_ms, head.total_ms
FROM ledger_dayhead head
JOIN unnest(%s::bigint[], %s::date[]) AS asked (learner, day) ON head.learner_id = asked.learner AND head.day = asked.day
"""
_WRITE_UNITS = """
INSERT INTO ledger_coverage (enrolment_id, unit_key, learner_id, class_run_id, mode, covered, covered_ms)
SELECT enrolment, key, learner, class_run, mode, covered::int8multirange, covered_ms
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
  AS new (enrolment, key, learner, class_run, mode, covered, covered_ms)
ON CONFLICT (enrolment_id, unit_key) DO UPDATE SET covered = EXCLUDED.covered, covered_ms = EXCLUDED.covered_ms
"""
_WRITE_DAYS = """
INSERT INTO ledger_dayhead (learner_id, day, occupied, online_ms, practice_ms, total_ms)
SELECT learner, day, occupied::int8multirange, online_ms, practice_ms, total_ms
FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
  AS new (learner, day, occupied, online_ms, practice_ms, total_ms)
ON CONFLICT (learner_id, day) DO UPDATE SET occupied = EXCLUDED.occupied, online_ms = EXCLUDED.online_ms,
  practice_ms = EXCLUDED.practice_ms, total_ms = EXCLUDED.total_ms
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOwner:
    """To whom a unit's coverage belongs."""

    learner_id: int
    class_run_id: int
    mode: UnitMode


class Standings:
    """The standings of the units and days that one transaction touches. The learners' heads must be locked."""

    def __init__(self) -> None:
        self.units: dict[UnitKey, UnitStanding] = {}
        self.days: dict[DayKey, DayStanding] = {}
        self._changed_units: dict[UnitKey, UnitOwner] = {}
        self._changed_days: set[DayKey] = set()

    def need(self, units: Iterable[UnitKey], days: Iterable[DayKey]) -> None:
        """These units and days are known: as stored, or as this transaction left them, or empty."""
        new_units = sorted({key for key in units if key not in self.units})
        new_days = sorted({key for key in days if key not in self.days})
        with connection.cursor() as cursor:
            if new_units:
                self.units.update(dict.fromkeys(new_units, UnitStanding()))
                cursor.execute(_READ_UNITS, [list(column) for column in zip(*new_units, strict=True)])
                for enrolment, key, covered, covered_ms in cursor.fetchall():
                    self.units[enrolment, key] = UnitStanding(covered=read_spans(covered), covered_ms=covered_ms)
            if new_days:
                self.days.update(dict.fromkeys(new_days, DayStanding()))
                cursor.execute(_READ_DAYS, [list(column) for column in zip(*new_days, strict=True)])
                for learner, day, occupied, online, practice, total in cursor.fetchall():
                    self.days[learner, day] = DayStanding(
                        occupied=read_spans(occupied), online_ms=online, practice_ms=practice, total_ms=total
                    )

    def set_unit(self, key: UnitKey, standing: UnitStanding, owner: UnitOwner) -> None:
        """The unit stands so from now on; it is written even where nothing was credited, as a trace of the attempt."""
        self.units[key] = standing
        self._changed_units[key] = owner

    def set_day(self, key: DayKey, standing: DayStanding) -> None:
        if self.days[key] != standing:
            self.days[key] = standing
            self._changed_days.add(key)

    def write(self) -> None:
        """What changed is stored, in two statements."""
        units = [
            (*key, owner.learner_id, owner.class_run_id, owner.mode.value, *_unit_columns(self.units[key]))
            for key, owner in sorted(self._changed_units.items(), key=lambda item: item[0])
        ]
        days = [(*key, *_day_columns(self.days[key])) for key in sorted(self._changed_days)]
        with connection.cursor() as cursor:
            if units:
                cursor.execute(_WRITE_UNITS, [list(column) for column in zip(*units, strict=True)])
            if days:
                cursor.execute(_WRITE_DAYS, [list(column) for column in zip(*days, strict=True)])


def _unit_columns(standing: UnitStanding) -> tuple[str, int]:
    return write_spans(standing.covered), standing.covered_ms


def _day_columns(standing: DayStanding) -> tuple[str, int, int, int]:
    return write_spans(standing.occupied), standing.online_ms, standing.practice_ms, standing.total_ms
