from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.data import ExamKind
from lms.db.api import AppendOnlyModel


class Exam(models.Model):
    """One sitting of an assessment unit of a class, marked by one assessor. Never changed."""

    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in ExamKind])
    pass_mark = models.PositiveSmallIntegerField()
    held_on = models.DateField()
    place = models.CharField(max_length=200, blank=True)
    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["class_run", "unit_key", "held_on", "assessor"], name="exam_once_per_day_and_assessor"
            ),
        )
        indexes = (models.Index(fields=["assessor", "held_on"], name="exam_by_assessor"),)

    def __str__(self) -> str:
        return f"{self.title} {self.held_on}"


class Mark(AppendOnlyModel):
    """One sealed mark. The next version of the same person and unit replaces it; both stay."""

    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, related_name="marks")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    # null: the person did not come
    score = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    assessor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    evidence_id = models.UUIDField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["enrolment", "unit_key", "version"], name="mark_version_once"),
            models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__lte=100), name="mark_within_bounds"),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="mark_changed_with_reason"),
            models.CheckConstraint(
                condition=Q(score__isnull=True, evidence_id__isnull=True)
                | Q(score__isnull=False, evidence_id__isnull=False),
                name="mark_has_its_evidence",
            ),
        )

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.unit_key} v{self.version}"
