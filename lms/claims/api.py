"""Draft, submit, review and pay out claims."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.claims.data import (
    LIVE_LINE_STATES,
    RECORD_GONE,
    BatchState,
    ClaimBatchFacts,
    ClaimDraft,
    ClaimEventFacts,
    ClaimLineFacts,
    ClaimNotFound,
    ExcludedPerson,
    LineState,
    UnableToReview,
    UnableToSubmit,
    Verdict,
)
from lms.claims.drafts import add_to_draft
from lms.claims.locks import lock_batch
from lms.claims.models import ClaimBatch, ClaimEvent, ClaimLine
from lms.claims.payment import PaymentLine, payment_csv
from lms.completion import api as completion
from lms.db.api import announce
from lms.enrolment import api as enrolment
from lms.ledger import api as ledger
from lms.lib.canonical import JSONValue, digest
from lms.lib.localday import local_day
from lms.subsidy import api as subsidy
from lms.subsidy.data import EarlierLine, LineStatus, Outcome, SubsidyDecision

__all__ = [
    "add_to_draft",
    "batches_for",
    "batches_to_review",
    "draft_for",
    "events_of",
    "get_batch",
    "is_payee",
    "is_reviewer",
    "lines_of",
    "payment_file",
    "review",
    "submit",
]

# Form 1 held the reasons in clear; now they stand as commitments, because a reason speaks of a person.
_VERDICT_FORM = "claim-verdict/2"


def get_batch(*, number: str) -> ClaimBatchFacts:
    """The claim with this number. Raises ClaimNotFound."""
    batch = _with_totals(ClaimBatch.objects.filter(number=number)).first()
    if batch is None:
        raise ClaimNotFound(number)
    return _to_facts(batch)


def batches_for(*, organisation_ids: Iterable[int]) -> list[ClaimBatchFacts]:
    """The claims of these payees, newest first; drafts that lost all their lines are left out."""
    mine = ClaimBatch.objects.filter(payee_id__in=list(organisation_ids))
    return [_to_facts(row) for row in _with_totals(mine).filter(_worth_showing()).order_by("-id")]


def batches_to_review(
    *, states: Sequence[BatchState] = (BatchState.SUBMITTED,), officer_id: int | None = None, day: date | None = None
) -> list[ClaimBatchFacts]:
    """Submitted claims, first come first; give other `states` for the archive.

    With `officer_id` only those of classes filed in the districts that the officer looks after on `day`.
    """
    rows = ClaimBatch.objects.filter(state__in=states).order_by("submitted_at", "id")
    found = [_to_facts(row) for row in _with_totals(rows)]
    if officer_id is None:
        return found
    runs = enrolment.get_class_runs(class_run_ids={batch.class_run_id for batch in found})
    held = [one.district for one in accounts.roles_of(person_id=officer_id, day=day) if one.role is Role.OFFICER]
    return [
        batch
        for batch in found
        if any(accounts.authority_covers(district, runs[batch.class_run_id].district) for district in held)
    ]


def is_reviewer(*, person_id: int, batch: ClaimBatchFacts, day: date) -> bool:
    """Whether the person is an officer of the district in which the claim's class is filed (domain 2.5), and the
    claim has left the payee's hands."""
    if batch.state is BatchState.DRAFT:
        return False
    run = enrolment.get_class_run(class_run_id=batch.class_run_id)
    return enrolment.is_officer_of(run, person_id=person_id, day=day)


def is_payee(*, person_id: int, batch: ClaimBatchFacts) -> bool:
    """Whether the person may act for the claim's payee (its HR officer or its provider administrator)."""
    return batch.payee_id is not None and accounts.has_role(
        person_id=person_id, organisation_id=batch.payee_id, roles=(Role.HR, Role.PROVIDER_ADMIN)
    )


def draft_for(*, number: str, now: datetime) -> ClaimDraft:
    """Who is claimed for and who is not: everybody on the roster appears once, with the policy's whole answer."""
    batch = get_batch(number=number)
    rows = [*_lines(batch.batch_id, batch.state), *_left_out(batch)]
    lines = tuple(_line_facts(row) for row in sorted(rows, key=lambda row: row.line_no))
    decisions = [subsidy.get_decision(decision_id=line.decision_id) for line in lines]
    deadlines = [decision.deadline_on for decision in decisions if decision.deadline_on]
    return ClaimDraft(
        batch=batch,
        lines=lines,
        excluded=_excluded(batch, {line.enrolment_id for line in lines}, now),
        deadline_on=min(deadlines) if deadlines else None,
    )


def lines_of(*, person_id: int) -> tuple[EarlierLine, ...]:
    """The person's pending and paid claim lines, as the policy's limits need them (domain 2.4)."""
    rows = ClaimLine.objects.filter(
        person_id=person_id, state__in=(LineState.SUBMITTED, LineState.APPROVED)
    ).select_related("batch")
    return tuple(_earlier_line(row) for row in rows.order_by("id"))


def submit(*, number: str, actor_id: int, now: datetime) -> ClaimBatchFacts:
    """The claim is sealed and waits for review; the receipt carries the server's time (domain 2.5).

    Every line is decided anew at `now`; a line that no longer pays is withdrawn. Submitting again, or twice at once,
    changes nothing and gives the same receipt. Raises UnableToSubmit ("nothing_to_claim"), and ClaimNotFound for
    somebody who does not act for the payee.
    """
    found = get_batch(number=number)
    if not is_payee(person_id=actor_id, batch=found):
        raise ClaimNotFound(number)
    with transaction.atomic():
        batch = lock_batch(found.batch_id)
        if batch.state == BatchState.DRAFT:
            _decide_anew(batch, now)
            _seal(batch, actor_id, now)
    return get_batch(number=number)


def review(
    *, number: str, officer_id: int, verdict: Verdict, reason: str, now: datetime, refused_lines: Mapping[int, str] = {}
) -> ClaimBatchFacts:
    """The claim is approved or refused. Approval leaves out `refused_lines` (line id to reason) and every line whose
    completion record no longer stands. The same verdict again changes nothing.

    Raises UnableToReview: "not_submitted", "already_decided", "reason_needed", "own_claim", "nothing_left",
    "chain_broken" (nothing is approved while the ledger behind a line fails its check); and
    ClaimNotFound for somebody who is no officer of the claim's district.
    """
    found = get_batch(number=number)
    if is_payee(person_id=officer_id, batch=found):
        raise UnableToReview("own_claim")
    if found.state is BatchState.DRAFT:
        raise UnableToReview("not_submitted")
    if not is_reviewer(person_id=officer_id, batch=found, day=local_day(now)):
        raise ClaimNotFound(number)
    if verdict is Verdict.REFUSE and not reason.strip():
        raise UnableToReview("reason_needed")
    with transaction.atomic():
        batch = lock_batch(found.batch_id)
        wanted = BatchState.APPROVED if verdict is Verdict.APPROVE else BatchState.REFUSED
        if batch.state != wanted:
            _require_submitted(batch)
            _apply_verdict(batch, wanted, officer_id, reason.strip(), refused_lines, now)
    return get_batch(number=number)


def payment_file(*, number: str, officer_id: int, now: datetime) -> bytes:
    """The CSV by which the approved lines are paid, with its total. Each hand-out is on record.

    Raises UnableToReview("not_approved"), and ClaimNotFound for somebody who is no officer of the claim's district.
    """
    found = get_batch(number=number)
    if found.state is not BatchState.DRAFT and not is_reviewer(person_id=officer_id, batch=found, day=local_day(now)):
        raise ClaimNotFound(number)
    if found.state is not BatchState.APPROVED:
        raise UnableToReview("not_approved")
    content = payment_csv([_payment_line(found, row) for row in _lines(found.batch_id, BatchState.APPROVED)])
    batch = ClaimBatch.objects.get(pk=found.batch_id)
    _record(batch, "payment_file", officer_id, "", {"bytes": len(content)}, now)
    return content


def events_of(*, number: str) -> list[ClaimEventFacts]:
    """What happened to the claim, in order."""
    rows = ClaimEvent.objects.filter(batch__number=number).order_by("id")
    return [ClaimEventFacts(action=row.action, actor_id=row.actor_id, at=row.at, note=row.note) for row in rows]


def _decide_anew(batch: ClaimBatch, now: datetime) -> None:
    for line in ClaimLine.objects.filter(batch=batch, state=LineState.DRAFT).order_by("line_no"):
        decisions = subsidy.decide(
            enrolment_id=line.enrolment_id, other_lines=lines_of(person_id=line.person_id), now=now
        )
        fresh = next((item for item in decisions if item.programme_code == batch.programme_code), None)
        if fresh and fresh.outcome is Outcome.APPROVE and fresh.payee_id == batch.payee_id:
            line.decision_id, line.amount_fen = fresh.decision_id, fresh.amount_fen
            line.state = LineState.SUBMITTED
        else:
            line.state = LineState.WITHDRAWN
            line.reason = ", ".join(fresh.assessment.failed_clauses) if fresh else ""
        line.save(update_fields=["decision", "amount_fen", "state", "reason"])


def _seal(batch: ClaimBatch, actor_id: int, now: datetime) -> None:
    lines = list(ClaimLine.objects.filter(batch=batch, state=LineState.SUBMITTED).order_by("line_no"))
    if not lines:
        raise UnableToSubmit("nothing_to_claim")
    batch.state = BatchState.SUBMITTED
    batch.submitted_at = now
    batch.receipt_no = f"{batch.number}-{local_day(now):%m%d}-{secrets.token_hex(3).upper()}"
    batch.save(update_fields=["state", "submitted_at", "receipt_no"])
    sealed: JSONValue = {
        "number": batch.number,
        "receipt": batch.receipt_no,
        "lines": [
            {"line": row.line_no, "enrolment": row.enrolment_id, "decision": row.decision_id,
             "record": row.record_no, "fen": row.amount_fen}
            for row in lines
        ],
        "total_fen": sum(row.amount_fen for row in lines),
    }  # fmt: skip
    _record(batch, "submitted", actor_id, "", sealed, now)
    announce(topic="claims.submitted", key=batch.number, occurred_at=now)


def _require_submitted(batch: ClaimBatch) -> None:
    if batch.state == BatchState.DRAFT:
        raise UnableToReview("not_submitted")
    if batch.state != BatchState.SUBMITTED:
        raise UnableToReview("already_decided")


def _apply_verdict(
    batch: ClaimBatch, wanted: BatchState, officer_id: int, reason: str, refused: Mapping[int, str], now: datetime
) -> None:
    lines = list(ClaimLine.objects.filter(batch=batch, state=LineState.SUBMITTED).order_by("line_no"))
    if wanted is BatchState.APPROVED and any(ledger.check_chain(learner_id=line.person_id) for line in lines):
        raise UnableToReview("chain_broken")
    for line in lines:
        line.reason = reason if wanted is BatchState.REFUSED else refused.get(line.pk, "") or _broken(line)
        line.state = LineState.REFUSED if line.reason or wanted is BatchState.REFUSED else LineState.APPROVED
        line.save(update_fields=["state", "reason"])
    if wanted is BatchState.APPROVED and not batch.lines.filter(state=LineState.APPROVED).exists():
        raise UnableToReview("nothing_left")
    batch.state, batch.decided_at, batch.reason = wanted, now, reason
    batch.save(update_fields=["state", "decided_at", "reason"])
    shown = list(batch.lines.exclude(state=LineState.WITHDRAWN).order_by("line_no"))
    reasons = {row.person_id: row.reason for row in shown if row.reason}
    said = accounts.commit_all(values=reasons, now=now)
    content: JSONValue = {
        "form": _VERDICT_FORM,
        "lines": [{"line": row.line_no, "state": row.state, "reason": said.get(row.person_id), "fen": row.amount_fen}
                  for row in shown],
    }  # fmt: skip
    _record(batch, str(wanted), officer_id, reason, content, now)
    announce(topic="claims.decided", key=batch.number, occurred_at=now)


def _broken(line: ClaimLine) -> str:
    """Why the line may no longer be paid: its record was revoked or replaced, or fails its check. Empty: it may."""
    record = completion.record_for(enrolment_id=line.enrolment_id)
    if record is None or record.record_no != line.record_no:
        return RECORD_GONE
    return "" if completion.verify_record(record=record).valid else RECORD_GONE


def _record(batch: ClaimBatch, action: str, actor_id: int, note: str, content: JSONValue, now: datetime) -> None:
    ClaimEvent.objects.create(
        batch=batch, action=action, actor_id=actor_id, at=now, note=note, content=content, digest=digest(content)
    )


def _excluded(batch: ClaimBatchFacts, included: set[int], now: datetime) -> tuple[ExcludedPerson, ...]:
    people = []
    for facts in enrolment.roster_of(class_run_id=batch.class_run_id):
        if facts.enrolment_id in included or not _same_payee(batch, facts.employer_id):
            continue
        answers = subsidy.preview(
            enrolment_id=facts.enrolment_id, other_lines=lines_of(person_id=facts.learner_id), now=now
        )
        answer = next((item for item in answers if item.programme_code == batch.programme_code), None)
        if answer:
            people.append(ExcludedPerson(enrolment_id=facts.enrolment_id, person_id=facts.learner_id, decision=answer))
    return tuple(people)


def _same_payee(batch: ClaimBatchFacts, employer_id: int | None) -> bool:
    return batch.payee_kind != "enterprise" or employer_id == batch.payee_id


def _lines(batch_id: int, state: BatchState) -> QuerySet[ClaimLine]:
    shown = {
        BatchState.DRAFT: (LineState.DRAFT,),
        BatchState.SUBMITTED: (LineState.SUBMITTED,),
        BatchState.APPROVED: (LineState.APPROVED,),
        BatchState.REFUSED: (LineState.REFUSED,),
    }[state]
    return ClaimLine.objects.filter(batch_id=batch_id, state__in=shown).order_by("line_no")


def _left_out(batch: ClaimBatchFacts) -> QuerySet[ClaimLine]:
    """The lines that the officer left out of a claim that was approved otherwise: shown with their reason, not paid."""
    if batch.state is not BatchState.APPROVED:
        return ClaimLine.objects.none()
    return ClaimLine.objects.filter(batch_id=batch.batch_id, state=LineState.REFUSED)


def _payment_line(batch: ClaimBatchFacts, row: ClaimLine) -> PaymentLine:
    decision: SubsidyDecision = subsidy.get_decision(decision_id=row.decision_id)
    person = accounts.get_person(person_id=row.person_id)
    payee = accounts.get_organisation(organisation_id=batch.payee_id) if batch.payee_id else None
    return PaymentLine(
        claim_no=batch.number,
        line_no=row.line_no,
        payee_name=payee.account_name or payee.name if payee else person.masked_name,
        payee_uscc=payee.uscc if payee else "",
        account_last4=payee.account_last4 if payee else "",
        person_name=person.masked_name,
        person_id_number=person.masked_id,
        programme=row.programme_code,
        pack=f"{decision.pack_id} {decision.pack_version}",
        record_no=row.record_no,
        decision_no=row.decision_id,
        amount_fen=row.amount_fen,
    )


def _earlier_line(row: ClaimLine) -> EarlierLine:
    run = enrolment.get_class_run(class_run_id=row.batch.class_run_id)
    record = completion.get_record(record_no=row.record_no) if row.record_no else None
    return EarlierLine(
        line_ref=f"{row.batch.number}-{row.line_no}",
        programme=row.programme_code,
        status=LineStatus.PAID if row.state == LineState.APPROVED else LineStatus.PENDING,
        submitted_on=local_day(row.batch.submitted_at) if row.batch.submitted_at else None,
        occupation=record.occupation_code if record else None,
        level=record.level if record else None,
        project=run.project_name,
        class_start_on=run.starts_on,
        class_end_on=run.ends_on,
        evidence=frozenset({f"enrolment:{row.enrolment_id}"}),
    )


def _line_facts(row: ClaimLine) -> ClaimLineFacts:
    return ClaimLineFacts(
        line_id=row.pk,
        line_no=row.line_no,
        enrolment_id=row.enrolment_id,
        person_id=row.person_id,
        decision_id=row.decision_id,
        amount_fen=row.amount_fen,
        state=LineState(row.state),
        reason=row.reason,
    )


def _with_totals(rows: QuerySet[ClaimBatch]) -> QuerySet[ClaimBatch]:
    refused_with_the_claim = Q(lines__state=LineState.REFUSED, state=BatchState.REFUSED)
    counted = Q(lines__state__in=LIVE_LINE_STATES) | refused_with_the_claim
    return rows.annotate(total=Sum("lines__amount_fen", filter=counted), count=Count("lines", filter=counted))


def _worth_showing() -> Q:
    return ~Q(state=BatchState.DRAFT) | Q(count__gt=0)


def _to_facts(row: ClaimBatch) -> ClaimBatchFacts:
    return ClaimBatchFacts(
        batch_id=row.pk,
        number=row.number,
        class_run_id=row.class_run_id,
        programme_code=row.programme_code,
        payee_kind=row.payee_kind,
        payee_id=row.payee_id,
        state=BatchState(row.state),
        total_fen=getattr(row, "total", None) or 0,
        line_count=getattr(row, "count", 0),
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        receipt_no=row.receipt_no,
        decided_at=row.decided_at,
        reason=row.reason,
    )
