from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from lms.archive.data import ExportState

_UNDER_WAY = [ExportState.QUEUED.value, ExportState.BUILDING.value]


class ClassExport(models.Model):
    """One export of a class. A ready one was published by one UPDATE of the holder of its lease, all or nothing."""

    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in ExportState], default=ExportState.QUEUED.value
    )
    purpose = models.CharField(max_length=200)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()  # a queued export waits until then
    attempts = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.JSONField(default=list)  # the token of every try, so that the leavings of dead ones are found
    key = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["class_run"], condition=Q(state__in=_UNDER_WAY), name="archive_one_export_at_a_time"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="archive_progress_percent"),
            models.CheckConstraint(
                condition=~Q(state=ExportState.READY.value)
                | (Q(size__gt=0, ready_at__isnull=False) & ~Q(key="") & ~Q(sha256="")),
                name="archive_ready_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExportState.BUILDING.value)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="archive_building_is_leased",
            ),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=Q(state__in=_UNDER_WAY), name="archive_to_build"),
            models.Index(fields=["class_run", "-requested_at"], name="archive_of_class"),
        )

    def __str__(self) -> str:
        return f"archive {self.pk} of class {self.class_run_id}"
