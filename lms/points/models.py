from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lms.db.api import AppendOnlyModel
from lms.points.data import EndReason, ProofKind


class LearningPoint(models.Model):
    """A place with PCs where people learn under the eyes of a named supervisor."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    place = models.CharField(max_length=200)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["organisation"], name="point_by_organisation"),)

    def __str__(self) -> str:
        return self.title


class PointSupervisor(models.Model):
    """Who supervises a point, from when until when."""

    point = models.ForeignKey(LearningPoint, on_delete=models.PROTECT, related_name="supervisors")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["point", "person"], condition=Q(to_at=None), name="point_supervisor_open_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} at {self.point_id}"


class PointDevice(models.Model):
    """One browser of a point. Its cookie holds the key, the table only a keyed hash."""

    point = models.ForeignKey(LearningPoint, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=40)
    key_index = models.CharField(max_length=64, unique=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.point_id} {self.name}"


class Visit(models.Model):
    """One person at one device, asked for on the device and checked in by the supervisor. Working state until ended."""

    device = models.ForeignKey(PointDevice, on_delete=models.PROTECT, related_name="visits")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    in_at = models.DateTimeField(null=True)
    last_proof_at = models.DateTimeField(null=True)
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(
        max_length=16, blank=True, choices=[(reason.value, reason.name) for reason in EndReason]
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["device"], condition=Q(ended_at=None), name="visit_one_per_device"),
            models.UniqueConstraint(fields=["learner"], condition=Q(ended_at=None), name="visit_one_per_person"),
            models.CheckConstraint(
                condition=Q(in_at=None, last_proof_at=None, supervisor=None)
                | Q(in_at__isnull=False, last_proof_at__gte=F("in_at"), supervisor__isnull=False),
                name="visit_in_has_proof_and_supervisor",
            ),
            models.CheckConstraint(
                condition=Q(supervisor=None) | ~Q(supervisor=F("learner")), name="visit_nobody_supervises_himself"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="visit_ended_with_reason",
            ),
        )
        indexes = (models.Index(fields=["learner", "device", "in_at"], name="visit_by_learner"),)

    def __str__(self) -> str:
        return f"{self.learner_id} at {self.device_id}"


class VisitProof(AppendOnlyModel):
    """The supervisor saw the person at that instant."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.name) for kind in ProofKind])
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["visit", "at"], name="proof_by_visit"),)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind}"
