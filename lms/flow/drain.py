"""From announcements to steps. The table below is the only place where the packages of the way are linked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from uuid import UUID

import structlog
from django.db import transaction

from lms.db.api import fail_outbox, finish_outbox, finish_outbox_many, take_outbox
from lms.db.data import OutboxItem
from lms.flow import messages, steps
from lms.lib.collector import without_collecting

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an announced key leads to. `together`: how many keys one transaction takes at most."""

    run: Callable[[Sequence[str], datetime], None]
    together: int = 1


def _on_evidence(keys: Sequence[str], now: datetime) -> None:
    steps.credit_evidence(evidence_ids=[UUID(key) for key in keys], now=now)


def _on_posting(keys: Sequence[str], now: datetime) -> None:
    steps.judge_completion(enrolment_ids={int(key.partition(":")[0]) for key in keys}, now=now)


def _on_record(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        steps.decide_subsidy(record_no=key, now=now)
        messages.tell_record_issued(record_no=key, now=now)


def _on_revocation(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        steps.decide_subsidy(record_no=key, now=now)
        messages.tell_record_revoked(record_no=key, now=now)


def _on_decision(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        steps.draft_claim(decision_id=int(key), now=now)
        messages.tell_decision(decision_id=int(key), now=now)


def _on_submission(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        messages.tell_claim_submitted(number=key, now=now)


def _on_verdict(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        messages.tell_claim_decided(number=key, now=now)


def _on_appeal_waits(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        messages.tell_appeal_waits(key=key, now=now)


def _on_appeal_answered(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        messages.tell_appeal_answered(key=key, now=now)


def _on_appeal_moved(keys: Sequence[str], now: datetime) -> None:
    for key in keys:
        messages.tell_appeal_moved(key=key, now=now)


# Only steps whose locks are taken once, in order of their ids, run many keys together.
NEXT_STEP: Mapping[str, Step] = {
    "evidence.recorded": Step(run=_on_evidence, together=2_000),
    "ledger.posted": Step(run=_on_posting, together=2_000),
    "completion.issued": Step(run=_on_record),
    "completion.revoked": Step(run=_on_revocation),
    "subsidy.decided": Step(run=_on_decision),
    "claims.submitted": Step(run=_on_submission),
    "claims.decided": Step(run=_on_verdict),
    "appeals.waits": Step(run=_on_appeal_waits),
    "appeals.answered": Step(run=_on_appeal_answered),
    "appeals.moved": Step(run=_on_appeal_moved),
}


def drain_outbox(*, limit: int, now: datetime) -> int:
    """Due announcements are carried out, many of a topic in one transaction, until `limit` are done; returns how many.

    The topics take turns in whole rounds (so it may be more than `limit`): a flood of one never holds up the others.
    Where a batch fails, its announcements are carried out one by one: what fails alone leaves nothing behind, is kept
    for a later try, and the drain goes on.
    """
    taken = 0
    while taken < limit:
        round_taken = sum(_drain_topic(topic, step, now) for topic, step in NEXT_STEP.items())
        if not round_taken:
            break
        taken += round_taken
    return taken


def _drain_topic(topic: str, step: Step, now: datetime) -> int:
    items: Sequence[OutboxItem] = ()
    try:
        with without_collecting(), transaction.atomic():
            items = _next_items(topic, step.together, now)
            if items:
                step.run([item.key for item in items], now)
                finish_outbox_many(item_ids=[item.item_id for item in items], now=now)
    except Exception:
        if not items:
            raise
        if len(items) > 1:
            logger.exception("batch failed, its announcements go one by one", topic=topic, announcements=len(items))
        return sum(_carry_out_next(topic, step, now) for _ in items)
    return len(items)


def _next_items(topic: str, most: int, now: datetime) -> Sequence[OutboxItem]:
    """What runs together: announcements that never failed, or a single one that did."""
    items = take_outbox(topic=topic, limit=most, now=now)
    return list(takewhile(lambda item: item.attempts == 0, items)) or items[:1]


def _carry_out_next(topic: str, step: Step, now: datetime) -> int:
    with transaction.atomic():
        for item in take_outbox(topic=topic, limit=1, now=now):
            _carry_out(item, step, now)
            return 1
    return 0


def _carry_out(item: OutboxItem, step: Step, now: datetime) -> None:
    try:
        with transaction.atomic():
            step.run((item.key,), now)
            finish_outbox(item_id=item.item_id, now=now)
    except Exception as error:
        logger.exception("step failed", topic=item.topic, key=item.key, attempts=item.attempts + 1)
        fail_outbox(item_id=item.item_id, error=f"{type(error).__name__}: {error}", now=now)
