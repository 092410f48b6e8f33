"""Judgements on exams and marks. Pure. Source of the separation of training and assessment: domain 1.5, 5 no. 10."""

from __future__ import annotations

from datetime import date

from courses.data import UnitMode, UnitSpec
from lms.assessment.data import ExamFacts, MarkFacts
from lms.enrolment.data import ClassRunFacts, ClassRunState, EnrolmentFacts, Refusal

LOWEST, HIGHEST = 0, 100


def judge_exam(run: ClassRunFacts, unit: UnitSpec, *, assessor_id: int, held_on: date) -> tuple[Refusal, ...]:
    """An exam examines an assessment unit, by a filed assessor who does not teach the class, not before it starts."""
    refusals: list[Refusal] = []
    if unit.mode is not UnitMode.ASSESSMENT:
        refusals.append(Refusal(code="not_an_exam_unit", field="unit_key"))
    if run.state is ClassRunState.CANCELLED:
        refusals.append(Refusal(code="class_cancelled", params={"number": run.number}))
    if held_on < run.starts_on:
        refusals.append(Refusal(code="exam_before_class", field="held_on", params={"first": run.starts_on.isoformat()}))
    return (*refusals, *judge_separation(run, assessor_id))


def judge_separation(run: ClassRunFacts, assessor_id: int) -> tuple[Refusal, ...]:
    """考培分离: who teaches the class never assesses it, and only filed assessors do."""
    if assessor_id in run.trainer_ids:
        return (Refusal(code="teaches_and_assesses", field="assessor", params={"number": run.number}),)
    if assessor_id not in run.assessor_ids:
        return (Refusal(code="not_a_filed_assessor", field="assessor", params={"number": run.number}),)
    return ()


def judge_mark(
    exam: ExamFacts, candidate: EnrolmentFacts | None, *, score: object, assessor_id: int, day: date
) -> tuple[Refusal, ...]:
    """A mark is a whole number from 0 to 100 (None: absent) for somebody on the roster, once the exam has begun."""
    refusals: list[Refusal] = []
    if score is not None and (type(score) is not int or not LOWEST <= score <= HIGHEST):
        refusals.append(Refusal(code="mark_out_of_range", field="score", params={"low": LOWEST, "high": HIGHEST}))
    if day < exam.held_on:
        refusals.append(Refusal(code="exam_not_yet", params={"day": exam.held_on.isoformat()}))
    if candidate is None or candidate.class_run_id != exam.class_run_id or not candidate.on_roster:
        refusals.append(Refusal(code="not_a_candidate", field="enrolment"))
    elif candidate.learner_id == assessor_id:
        refusals.append(Refusal(code="assesses_himself", field="enrolment"))
    elif candidate.filed_on is None:
        refusals.append(Refusal(code="class_not_filed"))
    return tuple(refusals)


def judge_change(latest: MarkFacts | None, *, reason: str) -> tuple[Refusal, ...]:
    """A sealed mark is only replaced by a new version with its reason."""
    if latest is None or reason.strip():
        return ()
    return (Refusal(code="reason_missing", field="reason", params={"version": latest.version}),)


def is_repeat(latest: MarkFacts | None, *, exam_id: int, score: int | None, reason: str) -> bool:
    """Whether entering this says nothing that the mark in force does not say already."""
    return latest is not None and latest.exam_id == exam_id and latest.score == score and not reason.strip()
