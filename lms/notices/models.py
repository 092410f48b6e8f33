"""Tables of notices, their way out, and what people prefer."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from lms.db.api import AppendOnlyModel, EncryptedTextField
from lms.notices.data import Channel, DeliveryState, NoticeKind


def _choices(codes: Any) -> list[tuple[str, str]]:
    return [(code.value, code.name) for code in codes]


class Notice(models.Model):
    """One thing a person was told. `person_id` is a plain number: accounts lie above this package."""

    person_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40, choices=_choices(NoticeKind))
    params = models.JSONField(default=dict)
    language = models.CharField(max_length=10)
    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["person_id", "-id"], name="notice_by_person"),
            models.Index(fields=["person_id"], condition=Q(read_at=None), name="notice_unread"),
        )

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}"


class Delivery(models.Model):
    """A notice on its way out by one channel. Who holds the lease may send; the address lies encrypted."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=_choices(Channel))
    address = EncryptedTextField(purpose="notices.delivery.address")
    state = models.CharField(max_length=10, choices=_choices(DeliveryState), default=DeliveryState.QUEUED.value)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    idempotency_key = models.UUIDField(unique=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_per_channel"),)
        indexes = (
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=[DeliveryState.QUEUED.value, DeliveryState.LEASED.value]),
                name="delivery_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.state} {self.notice_id}"


class DeliveryAttempt(AppendOnlyModel):
    """The delivery log: one try, what the provider said. No address, no text."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="log")
    channel = models.CharField(max_length=10)
    adapter = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    sent = models.BooleanField()
    reference = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.channel} {self.number} {'sent' if self.sent else 'failed'}"


class Preference(models.Model):
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=40, choices=_choices(NoticeKind))
    channel = models.CharField(max_length=10, choices=_choices(Channel))
    wanted = models.BooleanField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person_id", "kind", "channel"], name="preference_once"),)

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.channel}"


class LocalMessage(models.Model):
    """An SMS that the local channel kept instead of sending. Only the demo shows it."""

    mobile = EncryptedTextField(purpose="notices.local.mobile")
    text = EncryptedTextField(purpose="notices.local.text")
    idempotency_key = models.UUIDField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"local message {self.pk}"
