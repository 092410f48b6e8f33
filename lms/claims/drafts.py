"""Drafts: lines that follow the decisions, by themselves, until somebody submits them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from lms.claims.data import LIVE_LINE_STATES, BatchState, LineState
from lms.claims.locks import lock_batch, next_number
from lms.claims.models import ClaimBatch, ClaimLine
from lms.completion import api as completion
from lms.lib.localday import local_day
from lms.subsidy.data import Outcome, SubsidyDecision


def add_to_draft(*, decision: SubsidyDecision, now: datetime) -> int | None:
    """The draft of the decision's payee has exactly one line for it if it pays, and none if it does not.

    Returns the batch's id, None where nothing is claimed. A line that was already submitted is left as it was sealed.
    """
    if decision.enrolment_id is None or decision.class_run_id is None:
        return None
    with transaction.atomic():
        held = _live_line(decision.enrolment_id, decision.programme_code)
        if held and held.state != LineState.DRAFT:
            return held.batch_id
        if held and held.decision_id > decision.decision_id:
            return held.batch_id
        if decision.outcome is not Outcome.APPROVE:
            _withdraw(held)
            return None
        batch = _open_draft(decision, now)
        if held and held.batch_id == batch.pk:
            _renew(held, decision)
        else:
            _withdraw(held)
            _add(batch, decision.enrolment_id, decision)
        return batch.pk


def _live_line(enrolment_id: int, programme_code: str) -> ClaimLine | None:
    """The live line, under its batch's lock; read again once the lock is held."""
    live = ClaimLine.objects.filter(
        enrolment_id=enrolment_id, programme_code=programme_code, state__in=LIVE_LINE_STATES
    )
    seen = live.first()
    if seen is None:
        return None
    lock_batch(seen.batch_id)
    return live.first()


def _open_draft(decision: SubsidyDecision, now: datetime) -> ClaimBatch:
    key = {
        "class_run_id": decision.class_run_id,
        "programme_code": decision.programme_code,
        "payee_kind": decision.payee_kind,
        "payee_id": decision.payee_id,
        "state": BatchState.DRAFT,
    }
    batch = ClaimBatch.objects.filter(**key).first()
    if batch is None:
        year = local_day(now).year
        number = f"SL-{year}-{next_number(year):06d}"
        ClaimBatch.objects.bulk_create([ClaimBatch(number=number, created_at=now, **key)], ignore_conflicts=True)
        batch = ClaimBatch.objects.get(**key)
    locked = lock_batch(batch.pk)
    return locked if locked.state == BatchState.DRAFT else _open_draft(decision, now)


def _add(batch: ClaimBatch, enrolment_id: int, decision: SubsidyDecision) -> None:
    last = ClaimLine.objects.filter(batch=batch).aggregate(last=Max("line_no"))["last"] or 0
    ClaimLine.objects.create(
        batch=batch,
        line_no=last + 1,
        enrolment_id=enrolment_id,
        person_id=decision.learner_id,
        programme_code=decision.programme_code,
        decision_id=decision.decision_id,
        record_no=_record_no(decision),
        amount_fen=decision.amount_fen,
    )


def _renew(line: ClaimLine, decision: SubsidyDecision) -> None:
    line.decision_id = decision.decision_id
    line.amount_fen = decision.amount_fen
    line.record_no = _record_no(decision)
    line.save(update_fields=["decision", "amount_fen", "record_no"])


def _withdraw(line: ClaimLine | None) -> None:
    if line is not None:
        line.state = LineState.WITHDRAWN
        line.save(update_fields=["state"])


def _record_no(decision: SubsidyDecision) -> str:
    record = completion.record_for(enrolment_id=decision.enrolment_id) if decision.enrolment_id else None
    return record.record_no if record else ""
