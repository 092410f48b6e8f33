"""The door of assessment: exams, candidates, marks that are sealed as they are entered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction

from courses.api import get_curriculum
from courses.data import ExamKind, UnitNotFound
from lms.accounts.api import holds_role, record_audit
from lms.accounts.data import Role
from lms.assessment import rules
from lms.assessment.data import Candidate, ExamFacts, MarkFacts, NotYours, UnableToMark, UnableToSchedule
from lms.assessment.exports import mark_lines
from lms.assessment.locks import lock_sittings
from lms.assessment.models import Exam, Mark
from lms.assessment.texts import explain
from lms.enrolment.api import get_class_run, get_enrolments, roster_of, view_of
from lms.enrolment.data import Refusal
from lms.evidence.api import record_evidence
from lms.lib.localday import local_day

__all__ = [
    "candidates_of",
    "enter_mark",
    "enter_marks",
    "exams_for",
    "explain",
    "get_exam",
    "mark_history",
    "mark_lines",
    "marks_of",
    "schedule_exam",
]


def schedule_exam(
    *,
    class_run_id: int,
    unit_key: str,
    held_on: date,
    assessor_id: int,
    actor_id: int,
    now: datetime,
    place: str = "",
) -> ExamFacts:
    """The exam stands in the timetable. Raises UnableToSchedule with every rule it breaks, NotYours.

    The actor arranges the class (provider or employer). An assessor who teaches the class is refused: 考培分离.
    """
    run = get_class_run(class_run_id=class_run_id)
    if not view_of(run, person_id=actor_id, day=local_day(now)).may_arrange:
        raise NotYours(class_run_id)
    try:
        unit = get_curriculum(curriculum_id=run.curriculum_id).unit(unit_key)
    except UnitNotFound:
        raise UnableToSchedule(Refusal(code="unknown_unit", field="unit_key")) from None
    refusals = rules.judge_exam(run, unit, assessor_id=assessor_id, held_on=held_on)
    if refusals:
        raise UnableToSchedule(*refusals)
    try:
        with transaction.atomic():
            row = Exam.objects.create(
                class_run_id=class_run_id,
                unit_key=unit_key,
                title=unit.title[:200],
                kind=unit.exam_kind or ExamKind.THEORY,
                pass_mark=unit.pass_mark if unit.pass_mark is not None else 60,
                held_on=held_on,
                place=place[:200],
                assessor_id=assessor_id,
                created_by_id=actor_id,
                created_at=now,
            )
            _audit("schedule_exam", row, actor_id, now)
    except IntegrityError as error:
        raise UnableToSchedule(Refusal(code="exam_exists")) from error
    return _exam_facts(row)


def enter_mark(
    *, exam_id: int, enrolment_id: int, score: int | None, assessor_id: int, now: datetime, reason: str = ""
) -> MarkFacts:
    """The mark is sealed and evidence of it is on its way; entering the same again changes nothing.

    `score` None: the person did not come. A sealed mark is replaced by a new version with a reason only.
    Raises UnableToMark (考培分离 where the assessor teaches the class), NotYours for anybody but the exam's assessor.
    """
    with transaction.atomic():
        exam = lock_sittings(exam_id)
        facts = _exam_facts(exam)
        _require_assessor(facts, assessor_id, now)
        candidate = get_enrolments(enrolment_ids=[enrolment_id]).get(enrolment_id)
        latest = _latest([enrolment_id], exam.unit_key).get(enrolment_id)
        refusals = rules.judge_mark(facts, candidate, score=score, assessor_id=assessor_id, day=local_day(now))
        if not refusals and latest is not None and rules.is_repeat(latest, exam_id=exam_id, score=score, reason=reason):
            return latest
        refusals += rules.judge_change(latest, reason=reason)
        if refusals or candidate is None:
            raise UnableToMark(*refusals)
        version = latest.version + 1 if latest else 1
        evidence_id = None
        if score is not None:
            evidence_id = record_evidence(
                source="assessment",
                learner_id=candidate.learner_id,
                enrolment_id=enrolment_id,
                unit_key=exam.unit_key,
                stretches=(),
                payload={
                    "exam": f"exam:{exam_id}",
                    "exam_kind": facts.kind.value,
                    "score": score,
                    "pass_mark": facts.pass_mark,
                    "assessor": assessor_id,
                    "version": version,
                },
                captured_by="assessment",
                captured_at=now,
                external_key=f"mark:{exam_id}:{enrolment_id}:{version}",
                now=now,
            )
        mark = Mark(
            exam=exam,
            enrolment_id=enrolment_id,
            unit_key=exam.unit_key,
            version=version,
            score=score,
            reason=reason.strip()[:300],
            assessor_id=assessor_id,
            entered_at=now,
            evidence_id=evidence_id,
        )
        mark.save()
        _audit("enter_mark", exam, assessor_id, now, detail={"enrolment": enrolment_id, "version": version})
    return _mark_facts(mark, facts.pass_mark)


def enter_marks(
    *,
    exam_id: int,
    scores: dict[int, int | None],
    assessor_id: int,
    declared: bool,
    now: datetime,
    reasons: dict[int, str] | None = None,
) -> tuple[MarkFacts, ...]:
    """All these marks (enrolment -> score) are sealed, or none. `declared`: no conflict of interest. As enter_mark."""
    if not declared:
        raise UnableToMark(Refusal(code="not_declared", field="declared"))
    if not scores:
        raise UnableToMark(Refusal(code="nothing_entered"))
    with transaction.atomic():
        return tuple(
            enter_mark(
                exam_id=exam_id,
                enrolment_id=enrolment_id,
                score=score,
                assessor_id=assessor_id,
                now=now,
                reason=(reasons or {}).get(enrolment_id, ""),
            )
            for enrolment_id, score in sorted(scores.items())
        )


def get_exam(*, exam_id: int) -> ExamFacts:
    """The facts of one exam. Raises NotYours."""
    row = Exam.objects.filter(pk=exam_id).first()
    if row is None:
        raise NotYours(exam_id)
    return _exam_facts(row)


def exams_for(*, assessor_id: int | None = None, class_run_id: int | None = None) -> tuple[ExamFacts, ...]:
    """Exams of an assessor or of a class (both given: both hold), the latest first."""
    rows = Exam.objects.order_by("-held_on", "pk")
    if assessor_id is None and class_run_id is None:
        return ()
    if assessor_id is not None:
        rows = rows.filter(assessor_id=assessor_id)
    if class_run_id is not None:
        rows = rows.filter(class_run_id=class_run_id)
    return tuple(_exam_facts(row) for row in rows)


def candidates_of(*, exam_id: int) -> tuple[Candidate, ...]:
    """Everybody on the class's roster with the mark in force, and whoever was marked before leaving it."""
    exam = get_exam(exam_id=exam_id)
    people = roster_of(class_run_id=exam.class_run_id, include_dropped=True)
    latest = _latest([one.enrolment_id for one in people], exam.unit_key)
    return tuple(
        Candidate(enrolment_id=one.enrolment_id, learner_id=one.learner_id, mark=latest.get(one.enrolment_id))
        for one in people
        if one.on_roster or one.enrolment_id in latest
    )


def marks_of(*, enrolment_id: int) -> tuple[MarkFacts, ...]:
    """The marks in force of one person in one class, one per exam unit."""
    marks = Mark.objects.filter(enrolment_id=enrolment_id).select_related("exam").order_by("unit_key", "version")
    latest = {mark.unit_key: mark for mark in marks}
    return tuple(_mark_facts(mark, mark.exam.pass_mark) for mark in latest.values())


def mark_history(*, exam_id: int, enrolment_id: int) -> tuple[MarkFacts, ...]:
    """Every version of a person's mark in the exam's unit, the oldest first."""
    exam = get_exam(exam_id=exam_id)
    marks = Mark.objects.filter(enrolment_id=enrolment_id, unit_key=exam.unit_key).select_related("exam")
    return tuple(_mark_facts(mark, mark.exam.pass_mark) for mark in marks.order_by("version"))


def _require_assessor(exam: ExamFacts, assessor_id: int, now: datetime) -> None:
    run = get_class_run(class_run_id=exam.class_run_id)
    if assessor_id in run.trainer_ids:
        raise UnableToMark(*rules.judge_separation(run, assessor_id))
    if assessor_id != exam.assessor_id:
        raise NotYours(exam.exam_id)
    if not holds_role(person_id=assessor_id, roles=(Role.ASSESSOR,), day=local_day(now)):
        raise UnableToMark(Refusal(code="not_an_assessor", field="assessor"))


def _latest(enrolment_ids: Collection[int], unit_key: str) -> dict[int, MarkFacts]:
    marks = Mark.objects.filter(enrolment_id__in=enrolment_ids, unit_key=unit_key).select_related("exam")
    return {mark.enrolment_id: _mark_facts(mark, mark.exam.pass_mark) for mark in marks.order_by("version")}


def _exam_facts(row: Exam) -> ExamFacts:
    return ExamFacts(
        exam_id=row.pk,
        class_run_id=row.class_run_id,
        unit_key=row.unit_key,
        title=row.title,
        kind=ExamKind(row.kind),
        pass_mark=row.pass_mark,
        held_on=row.held_on,
        place=row.place,
        assessor_id=row.assessor_id,
    )


def _mark_facts(row: Mark, pass_mark: int) -> MarkFacts:
    return MarkFacts(
        exam_id=row.exam_id,
        enrolment_id=row.enrolment_id,
        unit_key=row.unit_key,
        version=row.version,
        score=row.score,
        passed=row.score is not None and row.score >= pass_mark,
        reason=row.reason,
        assessor_id=row.assessor_id,
        entered_at=row.entered_at,
        evidence_id=row.evidence_id,
    )


def _audit(action: str, exam: Exam, actor_id: int, now: datetime, *, detail: dict[str, object] | None = None) -> None:
    record_audit(actor_id=actor_id, action=action, object_kind="exam", object_id=exam.pk, now=now, detail=detail)
