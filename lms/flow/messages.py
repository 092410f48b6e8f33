"""Who hears of what. Every notice goes through the one message door, once per announcement."""

from __future__ import annotations

from datetime import datetime

from lms.accounts import api as accounts
from lms.completion import api as completion
from lms.lib.money import yuan_text
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
            "amount": yuan_text(decision.amount_fen),
            "decision": decision.decision_id,
        },
        key=f"decision:{decision.decision_id}",
        now=now,
    )
