"""Notices on their way out. A delivery is leased in one transaction, sent outside any, and settled in another.

A worker that dies between sending and settling leaves a lease that runs out; the next one sends again with the same
idempotency key, so a provider that honours the key sends once (at-least-once towards the provider otherwise).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from lms.notices import texts
from lms.notices.data import (
    Channel,
    DeliveryState,
    DeliverySummary,
    NoticeKind,
    UnableToSend,
)
from lms.notices.models import Delivery, DeliveryAttempt
from lms.notices.rules import wait_after
from lms.notices.sms import sms_adapter

LEASE = timedelta(seconds=60)


def deliver_due(*, now: datetime, limit: int = 50) -> DeliverySummary:
    """Up to `limit` due deliveries were tried once each; failed ones wait longer each time and at last are given up.

    Two workers at once never hold the same delivery.
    """
    counts = {"sent": 0, "retried": 0, "given_up": 0}
    for delivery in _lease(now=now, limit=limit):
        counts[_try(delivery, now)] += 1
    return DeliverySummary(**counts)


def deliver_now(*, kind: str, mobile: str, text: str, now: datetime) -> None:
    """The SMS provider has taken this text, in one try, logged without number and text. Raises UnableToSend."""
    adapter = sms_adapter()
    try:
        reference, error = (
            adapter.send(mobile=mobile, text=text, key=uuid.uuid4(), now=now),
            "",
        )
    except UnableToSend as failure:
        reference, error = "", str(failure)
    DeliveryAttempt(
        channel=Channel.SMS,
        adapter=adapter.code,
        kind=kind,
        number=1,
        sent=not error,
        reference=reference[:100],
        error=error[:300],
        at=now,
    ).save()
    if error:
        raise UnableToSend(error)


def _lease(*, now: datetime, limit: int) -> list[Delivery]:
    free = Q(state=DeliveryState.QUEUED, next_attempt_at__lte=now) | Q(state=DeliveryState.LEASED, lease_until__lte=now)
    with transaction.atomic():
        rows = list(
            Delivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("notice")
            .filter(free)
            .order_by("next_attempt_at", "id")[:limit]
        )
        for row in rows:
            row.state, row.lease_until, row.lease_token = (
                DeliveryState.LEASED,
                now + LEASE,
                uuid.uuid4(),
            )
            row.attempts += 1
            row.save(update_fields=["state", "lease_until", "lease_token", "attempts"])
    return rows


def _try(delivery: Delivery, now: datetime) -> str:
    adapter_code, reference, error = "", "", ""
    try:
        adapter_code, reference = _send(delivery, now)
    except Exception as failure:  # noqa: BLE001  whatever a provider does, the queue goes on
        error = str(failure) if isinstance(failure, UnableToSend) else type(failure).__name__  # may quote the address
    wait = wait_after(delivery.attempts)
    with transaction.atomic():
        DeliveryAttempt(
            delivery=delivery,
            channel=delivery.channel,
            adapter=adapter_code or delivery.channel,
            kind=delivery.notice.kind,
            number=delivery.attempts,
            sent=not error,
            reference=reference[:100],
            error=error[:300],
            at=now,
        ).save()
        mine = Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token)
        if not error:
            mine.update(state=DeliveryState.SENT, lease_until=None, finished_at=now)
            return "sent"
        if wait is None:
            mine.update(state=DeliveryState.GIVEN_UP, lease_until=None, finished_at=now)
            return "given_up"
        mine.update(state=DeliveryState.QUEUED, lease_until=None, next_attempt_at=now + wait)
        return "retried"


def _send(delivery: Delivery, now: datetime) -> tuple[str, str]:
    """The adapter that took the message, and its receipt."""
    notice = delivery.notice
    said = texts.words(NoticeKind(notice.kind), notice.params, notice.language)
    if delivery.channel == Channel.SMS:
        adapter = sms_adapter()
        text = f"【职培云】{said.sms}" if not notice.language.startswith("en") else f"[Zhipei Cloud] {said.sms}"
        return adapter.code, adapter.send(
            mobile=delivery.address or "", text=text, key=delivery.idempotency_key, now=now
        )
    link = texts.link_of(NoticeKind(notice.kind), notice.params)
    body = f"{said.body}\n\n{settings.SITE_URL}{link}\n" if link else f"{said.body}\n"
    message_id = f"<{delivery.idempotency_key}@zhipei.cloud>"
    EmailMessage(said.title, body, to=[delivery.address or ""], headers={"Message-ID": message_id}).send()
    return "django_mail", message_id
