"""One enrolment as its learner sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from courses import api as courses
from courses.data import CurriculumVersion, UnitMode, UnitSpec
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunFacts, EnrolmentFacts
from lms.ledger import api as ledger
from lms.ledger.data import LearningStatement
from lms.portal.words import list_text, minutes_text, short_periods

_SHOWN = (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Everything that a learner page needs of one enrolment, read once."""

    facts: EnrolmentFacts
    run: ClassRunFacts
    curriculum: CurriculumVersion
    statement: LearningStatement


def learning_of(*, enrolment_id: int, now: datetime) -> Learning:
    """The enrolment with its class, curriculum and statement."""
    facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
    run = enrolment.get_class_run(class_run_id=facts.class_run_id)
    return learning_in(facts, run=run, curriculum=courses.get_curriculum(curriculum_id=facts.curriculum_id), now=now)


def learning_in(facts: EnrolmentFacts, *, run: ClassRunFacts, curriculum: CurriculumVersion, now: datetime) -> Learning:
    """The same for somebody of whose class and curriculum the caller knows already."""
    statement = ledger.statement_for(enrolment_id=facts.enrolment_id, now=now)
    return Learning(facts=facts, run=run, curriculum=curriculum, statement=statement)


def mode_label(mode: UnitMode | str) -> str:
    """The kind of hours in the caller's language."""
    return {
        UnitMode.VIDEO: _("Online video"),
        UnitMode.LIVE: _("Live class"),
        UnitMode.PRACTICE: _("Offline practice"),
        UnitMode.ASSESSMENT: _("Exam"),
        UnitMode.MENTORING: _("Mentoring"),
    }[UnitMode(mode)]


def colour_of(mode: UnitMode | str) -> str:
    """The name under which the style sheet knows the kind of hours."""
    return "online" if mode == UnitMode.VIDEO else str(mode)


def hours_of(learning: Learning) -> dict[str, Any]:
    """Credited and planned periods, in all and by kind, as `parts/hours_rings.html` takes them."""
    credited = {line.mode: line.credited_seconds for line in learning.statement.modes}
    lines = [
        _line(mode, credited.get(mode, 0), learning.curriculum.seconds(mode))
        for mode in _SHOWN
        if learning.curriculum.seconds(mode)
    ]
    planned = sum(learning.curriculum.seconds(mode) for mode in _SHOWN)
    return {
        "credited": short_periods(sum(credited.get(mode, 0) for mode in _SHOWN)),
        "required": short_periods(planned),
        "lines": lines,
    }


def units_of(learning: Learning) -> list[dict[str, Any]]:
    """Each unit with what is credited and where a click leads."""
    credited = {line.unit_key: line.credited_seconds for line in learning.statement.units}
    marks = {line.unit_key: line for line in learning.statement.results}
    return [
        {"number": number, **_unit(learning, unit, credited.get(unit.unit_key, 0), marks)}
        for number, unit in enumerate(learning.curriculum.units, start=1)
    ]


def next_step(units: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first video that is not finished: the one thing to do on a phone right now."""
    return next((unit for unit in units if unit["href"] and not unit["done"]), None)


def still_open(units: list[dict[str, Any]]) -> str:
    """What is missing until the class is completed: "Online video 2 min, Theory exam"; empty when nothing is."""
    minutes: dict[str, int] = {}
    for unit in units:
        if not unit["exam"] and not unit["done"]:
            minutes[unit["label"]] = minutes.get(unit["label"], 0) + unit["left_minutes"]
    exams = [unit["title"] for unit in units if unit["exam"] and not unit["done"]]
    return list_text([f"{label} {minutes_text(left)}" for label, left in minutes.items()] + exams)


def _line(mode: UnitMode, credited: int, required: int) -> dict[str, Any]:
    return {
        "mode": colour_of(mode),
        "label": mode_label(mode),
        "credited": short_periods(credited),
        "required": short_periods(required),
        "percent": min(100, credited * 100 // required),
    }


def _unit(learning: Learning, unit: UnitSpec, credited: int, marks: dict[str, Any]) -> dict[str, Any]:
    result = marks.get(unit.unit_key)
    exam = unit.mode is UnitMode.ASSESSMENT
    is_video = unit.mode is UnitMode.VIDEO
    left = max(0, unit.required_seconds - credited)
    return {
        "key": unit.unit_key,
        "title": unit.title,
        "mode": colour_of(unit.mode),
        "label": mode_label(unit.mode),
        "credited": short_periods(credited),
        "required": short_periods(unit.required_seconds),
        "percent": min(100, credited * 100 // unit.required_seconds) if unit.required_seconds else 0,
        "left_minutes": -(-left // 60),
        "exam": exam,
        "score": result.score if result else None,
        "pass_mark": unit.pass_mark,
        "done": (result is not None and result.passed) if exam else left == 0,
        "href": f"/learn/{learning.facts.enrolment_id}/{unit.unit_key}/" if is_video else "",
    }
