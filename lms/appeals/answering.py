"""The provider answers, then the authority; what nobody answers in time goes up by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from lms.accounts.api import record_audit
from lms.appeals import rules
from lms.appeals.access import step_of, view_on
from lms.appeals.data import (
    WAITING_STATES,
    AppealFacts,
    AppealNotFound,
    AppealState,
    MoveKind,
    SweepReport,
    UnableToAppeal,
)
from lms.appeals.facts import appeal_facts
from lms.appeals.locks import lock_appeal, lock_overdue
from lms.appeals.lodging import WAITS, move_to_authority, record_move
from lms.appeals.models import Appeal
from lms.appeals.sealing import seal_answer
from lms.db.api import announce
from lms.enrolment.api import get_class_run
from lms.hours.api import limits_for
from lms.lib.localday import local_day
from lms.lib.workdays import shipped_calendar

ANSWERED = "appeals.answered"
MOVED = "appeals.moved"
SWEEP_AT_ONCE = 100


def answer_appeal(*, appeal_id: int, author_id: int, upheld: bool, reason: str, now: datetime) -> AppealFacts:
    """The answer of the step that runs is sealed, and the learner is told. The same person's second click is the first.

    Only the class's provider, then an officer of its district; nobody who made the disputed decision or answered the
    step before. Raises AppealNotFound, UnableToAppeal.
    """
    said = rules.check_words(reason)
    with transaction.atomic():
        row = lock_appeal(appeal_id)
        view = view_on(row, person_id=author_id, day=local_day(now))
        state = AppealState(row.state)
        if not view.may_answer:
            own = row.answers.filter(author_id=author_id).order_by("-number").first()
            if own and (own.upheld, own.reason) == (upheld, said):
                return appeal_facts(row)
            raise _refusal(row, author_id, own_step_over=own is not None)
        step = step_of(state)
        answer = seal_answer(appeal=row, step=step, upheld=upheld, reason=said, author_id=author_id, now=now)
        _move(row, rules.after_answer(state, upheld=upheld), now)
        announce(topic=ANSWERED, key=f"{row.pk}:{step}", occurred_at=now)
        record_audit(
            actor_id=author_id, action="answer_appeal", object_kind="appeal", object_id=row.pk, now=now,
            detail={"step": step.value, "upheld": upheld, "answer": answer.number},
        )  # fmt: skip
    return appeal_facts(row)


def sweep_overdue(*, now: datetime) -> SweepReport:
    """Every step whose time is over has moved: unanswered ones are with the authority, a provider's no that nobody took
    further stands, and the authority has been reminded once of what it still owes."""
    found = {MoveKind.ESCALATED: 0, MoveKind.LAPSED: 0, MoveKind.REMINDED: 0}
    with transaction.atomic():
        for row in lock_overdue(local_day(now), limit=SWEEP_AT_ONCE):
            kind = _run_out(row, now)
            if kind is not None:
                found[kind] += 1
    return SweepReport(
        escalated=found[MoveKind.ESCALATED], lapsed=found[MoveKind.LAPSED], reminded=found[MoveKind.REMINDED]
    )


def _run_out(row: Appeal, now: datetime) -> MoveKind | None:
    state = AppealState(row.state)
    after = rules.after_silence(state)
    if state is AppealState.PROVIDER:
        move_to_authority(row, kind=MoveKind.ESCALATED, actor_id=None, now=now)
        announce(topic=MOVED, key=f"{row.pk}:{MoveKind.ESCALATED}", occurred_at=now)
        return MoveKind.ESCALATED
    if state is AppealState.ANSWERED:
        _move(row, after, now)
        record_move(row, MoveKind.LAPSED, actor_id=None, now=now)
        announce(topic=MOVED, key=f"{row.pk}:{MoveKind.LAPSED}", occurred_at=now)
        return MoveKind.LAPSED
    if row.moves.filter(kind=MoveKind.REMINDED).exists():
        return None
    record_move(row, MoveKind.REMINDED, actor_id=None, now=now)
    announce(topic=WAITS, key=f"{row.pk}:{MoveKind.REMINDED}", occurred_at=now)
    return MoveKind.REMINDED


def _move(row: Appeal, state: AppealState, now: datetime) -> None:
    run = get_class_run(class_run_id=row.class_run_id)
    limits = limits_for(pack=run.hour_pack, category=run.category)
    row.state = state.value
    row.due_on = rules.due_on(state, since=local_day(now), limits=limits, calendar=shipped_calendar())
    row.closed_at = None if row.due_on else now
    row.save(update_fields=["state", "due_on", "closed_at"])


def _refusal(row: Appeal, author_id: int, *, own_step_over: bool) -> Exception:
    if author_id == row.learner_id:
        return AppealNotFound(row.pk)
    if row.state not in WAITING_STATES:
        return UnableToAppeal("answered_already")
    if author_id in row.barred or own_step_over:
        return UnableToAppeal("own_decision")
    return UnableToAppeal("not_your_step")
