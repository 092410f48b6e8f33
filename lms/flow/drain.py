"""From announcements to steps. The table below is the only place where the packages of the way are linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from lms.db.api import fail_outbox, finish_outbox, take_outbox
from lms.db.data import OutboxItem
from lms.flow import messages, steps

Step = Callable[[str, datetime], None]
logger = structlog.get_logger(__name__)


def _on_evidence(key: str, now: datetime) -> None:
    steps.credit_evidence(evidence_id=UUID(key), now=now)


def _on_posting(key: str, now: datetime) -> None:
    steps.judge_completion(enrolment_id=int(key.partition(":")[0]), now=now)


def _on_record(key: str, now: datetime) -> None:
    steps.decide_subsidy(record_no=key, now=now)
    messages.tell_record_issued(record_no=key, now=now)


def _on_revocation(key: str, now: datetime) -> None:
    steps.decide_subsidy(record_no=key, now=now)
    messages.tell_record_revoked(record_no=key, now=now)


def _on_decision(key: str, now: datetime) -> None:
    steps.draft_claim(decision_id=int(key), now=now)
    messages.tell_decision(decision_id=int(key), now=now)


NEXT_STEP: Mapping[str, Step] = {
    "evidence.recorded": _on_evidence,
    "ledger.posted": _on_posting,
    "completion.issued": _on_record,
    "completion.revoked": _on_revocation,
    "subsidy.decided": _on_decision,
}


def drain_outbox(*, limit: int, now: datetime) -> int:
    """Up to `limit` due announcements are carried out, each in its own transaction; returns how many were taken.

    A step that raises leaves nothing behind: its announcement is kept for a later try and the drain goes on.
    """
    for taken in range(limit):
        with transaction.atomic():
            items = take_outbox(limit=1, now=now)
            if not items:
                return taken
            _carry_out(items[0], now)
    return limit


def _carry_out(item: OutboxItem, now: datetime) -> None:
    try:
        with transaction.atomic():
            NEXT_STEP[item.topic](item.key, now)
            finish_outbox(item_id=item.item_id, now=now)
    except Exception as error:
        logger.exception("step failed", topic=item.topic, key=item.key, attempts=item.attempts + 1)
        fail_outbox(item_id=item.item_id, error=f"{type(error).__name__}: {error}", now=now)
