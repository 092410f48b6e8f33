"""Exams and marks as the rest of the house sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from courses.data import ExamKind
from lms.enrolment.data import NotYours, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFacts:
    """One sitting of one exam of a class, with the one assessor who marks it. Marks are whole numbers, 0 to 100."""

    exam_id: int
    class_run_id: int
    unit_key: str
    title: str
    kind: ExamKind
    pass_mark: int
    held_on: date
    place: str
    assessor_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkFacts:
    """One sealed mark. A higher `version` replaces an older one of the same person and unit; `score` None: absent."""

    exam_id: int
    enrolment_id: int
    unit_key: str
    version: int
    score: int | None
    passed: bool
    reason: str
    assessor_id: int
    entered_at: datetime
    evidence_id: UUID | None

    @property
    def absent(self) -> bool:
        return self.score is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One person on the roster and the mark in force, if any."""

    enrolment_id: int
    learner_id: int
    mark: MarkFacts | None


class UnableToSchedule(Refused):
    """The exam was not put into the timetable."""


class UnableToMark(Refused):
    """No mark was entered."""


__all__ = ["Candidate", "ExamFacts", "MarkFacts", "NotYours", "UnableToMark", "UnableToSchedule"]
