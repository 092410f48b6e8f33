from __future__ import annotations

from django.db import models

from lms.db.api import AppendOnlyModel
from lms.oversight.data import FlagState, SubjectKind


class Flag(AppendOnlyModel):
    """Something that a person should look at: what a rule saw of a subject in a window, in figures.

    `subject` is an id or a fingerprint, never a name, a number or an address. One rule raises one flag per subject,
    class and window, however many detectors run.
    """

    rule = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=16, choices=[(kind.value, kind.name) for kind in SubjectKind])
    subject = models.CharField(max_length=64)
    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, null=True, related_name="+")
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    figures = models.JSONField()
    raised_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["rule", "subject_kind", "subject", "class_run", "window_from"], name="flag_once_per_window"
            ),
        )
        indexes = (models.Index(fields=["class_run", "-raised_at"], name="flag_by_class"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.subject_kind} {self.subject}"


class FlagDecision(AppendOnlyModel):
    """What a person made of a flag, and why. A later one replaces it; all of them stay."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveIntegerField()
    outcome = models.CharField(
        max_length=16, choices=[(state.value, state.name) for state in (FlagState.CLEARED, FlagState.CONFIRMED)]
    )
    reason = models.CharField(max_length=500)
    decided_by = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["flag", "number"], name="flagdecision_in_order"),)

    def __str__(self) -> str:
        return f"{self.flag_id} {self.outcome}"


class WatchProgress(models.Model):
    """How far a stream of facts has been looked at. Working state; its row lock keeps two watchers apart."""

    stream = models.CharField(max_length=24, primary_key=True)
    last_id = models.CharField(max_length=36)

    def __str__(self) -> str:
        return f"{self.stream}: {self.last_id}"


class DeviceUse(models.Model):
    """A learner opened a lesson on a device that day. Working state of one rule; forgotten after a week."""

    day = models.DateField()
    device = models.CharField(max_length=24)
    learner = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["day", "device", "learner"], name="deviceuse_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.device}"
