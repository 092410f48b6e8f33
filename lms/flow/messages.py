"""Who hears of what. Every notice goes through the one message door, once per announcement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.claims import api as claims
from lms.claims.data import ClaimBatchFacts
from lms.completion import api as completion
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
