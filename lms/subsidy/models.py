from __future__ import annotations

from django.conf import settings
from django.db import models

from lms.db.api import AppendOnlyModel
from lms.subsidy.data import Outcome, PayeeKind


class PolicyPack(AppendOnlyModel):
    """A policy pack as it was imported. The newest row of a `pack_id` is the one that decides; none ever changes."""

    pack_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    source = models.TextField()
    imported_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["pack_id", "-id"], name="pack_newest"),)

    def __str__(self) -> str:
        return f"{self.pack_id} {self.digest[:12]}"


class WorkTable(AppendOnlyModel):
    """A table of Chinese working days as decisions counted by it."""

    digest = models.CharField(max_length=64, unique=True)
    source = models.TextField()
    imported_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


class Decision(AppendOnlyModel):
    """One policy's answer to one enrolment, with the frozen facts and everything needed to repeat it.

    `number` counts the decisions of an enrolment and programme; the highest one holds, earlier ones stay.
    """

    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    programme_code = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    pack = models.ForeignKey(PolicyPack, on_delete=models.PROTECT, related_name="+")
    work_table = models.ForeignKey(WorkTable, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    facts_digest = models.CharField(max_length=64)
    assessment = models.JSONField()
    assessment_digest = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16, choices=[(item.value, item.value) for item in Outcome])
    payee_kind = models.CharField(max_length=16, choices=[(item.value, item.value) for item in PayeeKind])
    payee = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    amount_fen = models.BigIntegerField()
    deadline_on = models.DateField(null=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["enrolment", "programme_code", "number"], name="decision_number_once"),
        )
        indexes = (models.Index(fields=["learner", "-id"], name="decision_by_learner"),)

    def __str__(self) -> str:
        return f"{self.programme_code} {self.enrolment_id}/{self.number}"
