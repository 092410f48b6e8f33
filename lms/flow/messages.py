"""Who hears of what. Every notice goes through the one message door, once per announcement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lms.accounts import api as accounts
from lms.accounts.data import OrganisationKind, Role
from lms.appeals import api as appeals
from lms.appeals.data import AppealFacts, AppealState, MoveKind, Step
from lms.claims import api as claims
from lms.claims.data import ClaimBatchFacts
from lms.completion import api as completion
from lms.enrolment import api as enrolment
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.notices.data import NoticeKind
from lms.subsidy import api as subsidy


def tell_record_issued(*, record_no: str, now: datetime) -> None:
    """The learner knows that the record stands, and its number."""
    record = completion.get_record(record_no=record_no)
    accounts.notify(
        person_id=record.learner_id,
        kind=NoticeKind.RECORD_ISSUED,
        params={"course": record.title, "record_no": record.record_no},
        key=f"record-issued:{record.record_no}",
        now=now,
    )


def tell_record_revoked(*, record_no: str, now: datetime) -> None:
    """The learner knows that the record no longer stands."""
    record = completion.get_record(record_no=record_no)
    accounts.notify(
        person_id=record.learner_id,
        kind=NoticeKind.RECORD_REVOKED,
        params={"course": record.title, "record_no": record.record_no},
        key=f"record-revoked:{record.record_no}",
        now=now,
    )


def tell_decision(*, decision_id: int, now: datetime) -> None:
    """The learner knows what was decided and where each clause can be read."""
    decision = subsidy.get_decision(decision_id=decision_id)
    accounts.notify(
        person_id=decision.learner_id,
        kind=NoticeKind.DECISION_MADE,
        params={
            "programme": decision.programme_code,
            "outcome": decision.outcome,
            "amount": grouped_yuan(decision.amount_fen),
            "decision": decision.decision_id,
        },
        key=f"decision:{decision.decision_id}",
        now=now,
    )


def tell_claim_submitted(*, number: str, now: datetime) -> None:
    """Everybody who may act for the payee knows that the claim waits for review, and its receipt."""
    batch = claims.get_batch(number=number)
    for person_id in _claimants(batch, now):
        accounts.notify(
            person_id=person_id,
            kind=NoticeKind.CLAIM_SUBMITTED,
            params={
                "number": batch.number,
                "people": batch.line_count,
                "amount": grouped_yuan(batch.total_fen),
                "receipt": batch.receipt_no,
            },
            key=f"claim-submitted:{batch.number}:{person_id}",
            now=now,
        )


def tell_claim_decided(*, number: str, now: datetime) -> None:
    """Everybody who may act for the payee knows the verdict on the claim, with its reason or what is paid."""
    batch = claims.get_batch(number=number)
    for person_id in _claimants(batch, now):
        accounts.notify(
            person_id=person_id,
            kind=NoticeKind.CLAIM_DECIDED,
            params={
                "number": batch.number,
                "outcome": batch.state,
                "reason": batch.reason or f"¥{grouped_yuan(batch.total_fen)}",
            },
            key=f"claim-decided:{batch.number}:{person_id}",
            now=now,
        )


def tell_appeal_waits(*, key: str, now: datetime) -> None:
    """Everybody who may answer the appeal at the announced step knows of it, of its time, or of being late; nobody,
    where the step is over by now."""
    appeal_id, _, step = key.partition(":")
    appeal = appeals.appeal_of(appeal_id=int(appeal_id))
    if appeal.state != (AppealState.AUTHORITY if step == MoveKind.REMINDED else step):
        return
    for person_id in _answerers(appeal, now):
        accounts.notify(
            person_id=person_id,
            kind=NoticeKind.APPEAL_WAITS,
            params={
                "number": appeal.number,
                "course": enrolment.get_class_run(class_run_id=appeal.class_run_id).title,
                "day": appeal.due_on.isoformat() if appeal.due_on else "",
                "link": f"/appeals/{appeal.appeal_id}/",
            },
            key=f"appeal-waits:{key}:{person_id}",
            now=now,
        )


def tell_appeal_answered(*, key: str, now: datetime) -> None:
    """The learner knows the answer's outcome, where its reasons stand, and the fingerprint of its seal."""
    appeal_id, _, step = key.partition(":")
    appeal = appeals.appeal_of(appeal_id=int(appeal_id))
    answer = next(one for one in appeal.answers if one.step == Step(step))
    accounts.notify(
        person_id=appeal.learner_id,
        kind=NoticeKind.APPEAL_ANSWERED,
        params={
            "number": appeal.number,
            "outcome": "appeal_upheld" if answer.upheld else "appeal_refused",
            "fingerprint": answer.answer_hash[:16],
            "link": f"/appeals/{appeal.appeal_id}/",
        },
        key=f"appeal-answered:{key}",
        now=now,
    )


def tell_appeal_moved(*, key: str, now: datetime) -> None:
    """The learner knows that a time was over and what follows from it."""
    appeal_id, _, move = key.partition(":")
    appeal = appeals.appeal_of(appeal_id=int(appeal_id))
    accounts.notify(
        person_id=appeal.learner_id,
        kind=NoticeKind.APPEAL_MOVED,
        params={"number": appeal.number, "outcome": f"appeal_{move}", "link": f"/appeals/{appeal.appeal_id}/"},
        key=f"appeal-moved:{key}",
        now=now,
    )


def _answerers(appeal: AppealFacts, now: datetime) -> Iterable[int]:
    """The provider's administrators, or the officers who look after the class's district."""
    run = enrolment.get_class_run(class_run_id=appeal.class_run_id)
    day = local_day(now)
    if appeal.state is AppealState.PROVIDER:
        people = accounts.people_with_role(organisation_id=run.provider_id, role=Role.PROVIDER_ADMIN, day=day)
        return sorted(person.person_id for person in people)
    officers = {
        person.person_id
        for authority in accounts.list_organisations(kind=OrganisationKind.AUTHORITY)
        if accounts.authority_covers(authority.district, run.district)
        for person in accounts.people_with_role(organisation_id=authority.organisation_id, role=Role.OFFICER, day=day)
    }
    return sorted(officers)


def _claimants(batch: ClaimBatchFacts, now: datetime) -> Iterable[int]:
    """The payee's officers; where people claim for themselves, those of the claim's lines."""
    if batch.payee_id is None:
        draft = claims.draft_for(number=batch.number, now=now)
        return sorted({line.person_id for line in draft.lines})
    day = local_day(now)
    officers = [
        accounts.people_with_role(organisation_id=batch.payee_id, role=role, day=day)
        for role in (Role.HR, Role.PROVIDER_ADMIN)
    ]
    return sorted({person.person_id for people in officers for person in people})
