from __future__ import annotations

import uuid
from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from lms.db.api import AppendOnlyModel
from lms.player.data import CheckCause, CheckKind, CheckMethod, CheckResult, CloseReason


def _choices(kinds: type[StrEnum]) -> list[tuple[str, str]]:
    return [(kind.value, kind.name) for kind in kinds]


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
    confirm_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=16, blank=True, choices=_choices(CloseReason))
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
    """What settling remembers of a session between two batches (`timeline.Memory`). Working state.

    `unproven_ms`: how much in it waits for a presence check, so that what waits is found without reading memories.
    """

    session = models.OneToOneField(PlaySession, on_delete=models.PROTECT, primary_key=True, related_name="memory")
    memory = models.JSONField()
    unproven_ms = models.BigIntegerField(default=0)

    class Meta:
        indexes = (models.Index(fields=["session"], condition=Q(unproven_ms__gt=0), name="playmemory_unproven"),)

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


class PresenceTimer(models.Model):
    """The one clock of a person's presence checks, over all classes and devices, and the lock of all that concerns
    them (`locks.hold_timers`). The next random check is due once `played_ms` reaches `due_ms`, which nobody is told.

    `last_ms`: the end of the last stretch played (server ms). Only people in a class with checks have a row.
    """

    learner = models.OneToOneField("accounts.Person", on_delete=models.PROTECT, primary_key=True, related_name="+")
    played_ms = models.BigIntegerField(default=0)
    due_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"presence timer of {self.pk}"


class OpenCheck(models.Model):
    """A presence check that is not decided yet; at most one per enrolment. It becomes a `PresenceCheck`.

    `offered_at`: the first heartbeat after the question, whose answer carried the prompt. `ignored_ms`: what was played
    since without showing it. `deadline_at`: set when it is shown. `secret` is what the answer of this round must be.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    enrolment = models.OneToOneField("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(PlaySession, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=_choices(CheckKind))
    method = models.CharField(max_length=16, choices=_choices(CheckMethod))
    asked_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    ignored_ms = models.BigIntegerField(default=0)
    shown_at = models.DateTimeField(null=True)
    answer_seconds = models.PositiveIntegerField(default=0)
    deadline_at = models.DateTimeField(null=True, db_index=True)
    round = models.PositiveSmallIntegerField(default=0)
    round_at = models.DateTimeField(null=True)
    answers = models.PositiveSmallIntegerField(default=0)
    secret = models.CharField(max_length=128, blank=True)

    def __str__(self) -> str:
        return f"open check {self.pk}"


class PresenceCheck(AppendOnlyModel):
    """A decided presence check, for ever."""

    id = models.UUIDField(primary_key=True, editable=False)
    learner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(PlaySession, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=16, choices=_choices(CheckKind))
    method = models.CharField(max_length=16, choices=_choices(CheckMethod))
    result = models.CharField(max_length=16, choices=_choices(CheckResult))
    cause = models.CharField(max_length=16, choices=_choices(CheckCause))
    asked_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField()
    latency_ms = models.BigIntegerField(null=True)
    answers = models.PositiveSmallIntegerField()
    answer_seconds = models.PositiveIntegerField()
    supervisor = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(decided_at__gte=F("asked_at")), name="presencecheck_asked_first"),
        )
        indexes = (models.Index(fields=["enrolment", "decided_at"], name="presencecheck_by_enrolment"),)

    def __str__(self) -> str:
        return f"{self.pk}: {self.result}"


class PresenceAdjustment(AppendOnlyModel):
    """What was approved for a person, for example for a disability: more time, the prompt spoken. The latest holds.

    It never changes credit: only how long an answer may take and how the question reaches the person.
    """

    learner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    longer = models.BooleanField()
    spoken = models.BooleanField()
    reason = models.CharField(max_length=200)
    approved_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"adjustment of {self.learner_id}"


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
