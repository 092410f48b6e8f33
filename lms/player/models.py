from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from lms.db.api import AppendOnlyModel
from lms.player.data import CloseReason


class PlaySession(models.Model):
    """One opening of a video unit by one learner. A learner has at most one that is open."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=64)
    media_id = models.UUIDField(null=True)
    unit_ms = models.PositiveIntegerField()
    hour_pack = models.CharField(max_length=64)
    category = models.CharField(max_length=64)
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=16, blank=True, choices=[(r.value, r.name) for r in CloseReason])
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["learner"], condition=Q(closed_at=None), name="playsession_one_open"),
            models.CheckConstraint(
                condition=Q(closed_at=None, close_reason="") | (Q(closed_at__isnull=False) & ~Q(close_reason="")),
                name="playsession_closed_with_reason",
            ),
        )
        indexes = (models.Index(fields=["enrolment", "unit_key", "-started_at"], name="playsession_by_unit"),)

    def __str__(self) -> str:
        return f"play session {self.pk}"


class PlayMemory(models.Model):
    """What settling remembers of a session between two batches (`timeline.Memory`). Working state."""

    session = models.OneToOneField(PlaySession, on_delete=models.PROTECT, primary_key=True, related_name="memory")
    memory = models.JSONField()

    def __str__(self) -> str:
        return f"memory of {self.pk}"


class WatchSegment(AppendOnlyModel):
    """The beats of one session that one settlement took, as they arrived, beside the key of the evidence made of them.

    `beats`: rows of boot, seq, from_ms, to_ms, media_from_ms, media_to_ms, rate_milli, why, sent_ms, received_ms,
    sent_boot, so that anybody can judge them again.
    """

    session = models.ForeignKey(PlaySession, on_delete=models.PROTECT, related_name="segments")
    external_key = models.CharField(max_length=200, unique=True)
    beats = models.JSONField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.external_key


class SettleLease(models.Model):
    """Who settles a shard, until when, and how far its stream has been taken. `token` grows with each holder."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    holder = models.CharField(max_length=100, blank=True)
    token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField()
    last_id = models.CharField(max_length=48, default="0-0")

    def __str__(self) -> str:
        return f"shard {self.shard}"


class QuarantinedBeat(models.Model):
    """A message that can't be settled, kept as it came with the reason, so that the rest goes on."""

    shard = models.PositiveSmallIntegerField()
    stream_id = models.CharField(max_length=48)
    position = models.PositiveIntegerField()
    raw = models.BinaryField()
    reason = models.CharField(max_length=200)
    quarantined_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["shard", "stream_id", "position"], name="quarantinedbeat_once"),)

    def __str__(self) -> str:
        return f"{self.stream_id}/{self.position}: {self.reason}"
