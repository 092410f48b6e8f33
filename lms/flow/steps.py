"""The whole product in four functions. Read from top to bottom; each is safe to run twice at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from lms.claims import api as claims
from lms.completion import api as completion
from lms.evidence import api as evidence
from lms.ledger import api as ledger
from lms.subsidy import api as subsidy


def credit_evidence(*, evidence_ids: Sequence[UUID], now: datetime) -> None:
    """The ledger holds what this evidence is worth beside all other evidence of its learners."""
    ledger.post_credits(proposals=evidence.assess_many(evidence_ids=evidence_ids), now=now)


def judge_completion(*, enrolment_ids: Collection[int], now: datetime) -> None:
    """A completion record stands exactly for those whose statement satisfies their class."""
    completion.issue_records(enrolment_ids=enrolment_ids, now=now)


def decide_subsidy(*, record_no: str, now: datetime) -> None:
    """Every scheme in force has answered for this record, refusals included, and the answers are kept."""
    record = completion.get_record(record_no=record_no)
    subsidy.decide(enrolment_id=record.enrolment_id, other_lines=claims.lines_of(person_id=record.learner_id), now=now)


def draft_claim(*, decision_id: int, now: datetime) -> None:
    """The payee's draft claim holds a line for this decision if it pays, and none if it does not."""
    claims.add_to_draft(decision=subsidy.get_decision(decision_id=decision_id), now=now)
