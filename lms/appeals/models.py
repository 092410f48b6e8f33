from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from lms.appeals.data import AppealState, MoveKind, Step
from lms.db.api import AppendOnlyModel


class Appeal(models.Model):
    """A learner's word against one stretch. Where it stands moves on; what was said is covered by each answer."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    class_run_id = models.BigIntegerField()
    provider_id = models.BigIntegerField()
    district = models.CharField(max_length=6, blank=True)
    unit_key = models.CharField(max_length=64)
    day = models.DateField()
    outcome = models.CharField(max_length=12)
    reason = models.CharField(max_length=24)
    seconds = models.IntegerField()
    entry_hash = models.CharField(max_length=64)
    barred = ArrayField(models.BigIntegerField(), default=list)
    words = models.TextField()
    onward = models.TextField(blank=True)
    file_key = models.CharField(max_length=100, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    file_type = models.CharField(max_length=40, blank=True)
    file_size = models.IntegerField(default=0)
    file_digest = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12, choices=[(state.value, state.name) for state in AppealState])
    due_on = models.DateField(null=True)
    lodged_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    closed_at__isnull=True, due_on__isnull=False, state__in=["provider", "answered", "authority"]
                )
                | Q(closed_at__isnull=False, due_on__isnull=True, state__in=["upheld", "refused"]),
                name="appeal_open_has_deadline",
            ),
        )
        indexes = (
            models.Index(fields=["due_on"], condition=Q(closed_at=None), name="appeal_open_by_deadline"),
            models.Index(fields=["learner", "-id"], name="appeal_by_learner"),
        )

    def __str__(self) -> str:
        return f"appeal {self.pk}"


class AppealedEntry(AppendOnlyModel):
    """A ledger entry that an appeal is about. An entry is appealed once for ever."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="entries")
    learner_id = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["learner_id", "seq"], name="appeal_once_per_entry"),)

    def __str__(self) -> str:
        return f"{self.learner_id}/{self.seq}"


class Move(AppendOnlyModel):
    """A step of an appeal that is no answer."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.name) for kind in MoveKind])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["appeal", "kind"], name="appeal_moves_once_per_kind"),)

    def __str__(self) -> str:
        return f"{self.kind} of appeal {self.appeal_id}"


class Answer(AppendOnlyModel):
    """One answer, chained to the one before it, of whatever appeal, and signed. `commitment` stands for the learner's
    words and file (SHA-256 with `salt`), so that these can be erased while the chain stays valid."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="answers")
    number = models.BigIntegerField(unique=True)
    step = models.CharField(max_length=12, choices=[(step.value, step.name) for step in Step])
    upheld = models.BooleanField()
    reason = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    salt = models.CharField(max_length=64)
    commitment = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64, blank=True)
    answer_hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["appeal", "step"], name="appeal_answered_once_per_step"),)

    def __str__(self) -> str:
        return f"answer {self.number}"
