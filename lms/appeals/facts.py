"""Rows as facts."""

from __future__ import annotations

from django.db.models import QuerySet

from lms.appeals.data import (
    AnswerFacts,
    AppealFacts,
    AppealFile,
    AppealState,
    MoveFacts,
    MoveKind,
    Step,
)
from lms.appeals.models import Appeal
from lms.ledger.data import Outcome, ReasonCode


def appeal_number(appeal_id: int) -> str:
    """How people name an appeal."""
    return f"SS{appeal_id:06d}"


def appeal_facts(row: Appeal) -> AppealFacts:
    """The appeal with all that was said and done."""
    return AppealFacts(
        appeal_id=row.pk,
        number=appeal_number(row.pk),
        learner_id=row.learner_id,
        enrolment_id=row.enrolment_id,
        class_run_id=row.class_run_id,
        unit_key=row.unit_key,
        day=row.day,
        outcome=Outcome(row.outcome),
        reason=ReasonCode(row.reason),
        seqs=tuple(sorted(entry.seq for entry in row.entries.all())),
        seconds=row.seconds,
        words=row.words,
        onward=row.onward,
        file=AppealFile(name=row.file_name, content_type=row.file_type, size=row.file_size) if row.file_key else None,
        state=AppealState(row.state),
        due_on=row.due_on,
        lodged_at=row.lodged_at,
        closed_at=row.closed_at,
        moves=tuple(
            MoveFacts(kind=MoveKind(move.kind), at=move.at, actor_id=move.actor_id)
            for move in sorted(row.moves.all(), key=lambda one: one.pk)
        ),
        answers=tuple(
            AnswerFacts(
                step=Step(answer.step),
                upheld=answer.upheld,
                reason=answer.reason,
                author_id=answer.author_id,
                at=answer.at,
                number=answer.number,
                answer_hash=answer.answer_hash,
            )
            for answer in sorted(row.answers.all(), key=lambda one: one.number)
        ),
    )


def with_parts(rows: QuerySet[Appeal]) -> QuerySet[Appeal]:
    """The rows with entries, moves and answers, in a fixed number of queries."""
    return rows.prefetch_related("entries", "moves", "answers")
