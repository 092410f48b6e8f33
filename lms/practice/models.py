from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from lms.db.api import AppendOnlyModel
from lms.practice.data import SignMethod


def _methods() -> list[tuple[str, str]]:
    return [(method.value, method.value) for method in SignMethod]


class PracticeSession(models.Model):
    """A practice unit taught at a base by one trainer between two instants. Never changed, only cancelled."""

    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    base = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # mixed into every code, so that a new secret would end all codes of the session
    secret = models.CharField(max_length=32)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="practice_ends_after_it_starts"),
            ExclusionConstraint(
                name="practice_trainer_in_one_place",
                expressions=[
                    ("trainer", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_at",
                            "ends_at",
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(cancelled_at=None),
            ),
        )
        indexes = (
            models.Index(fields=["class_run", "starts_at"], name="practice_by_class"),
            models.Index(fields=["base", "starts_at"], name="practice_by_base"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.starts_at:%Y-%m-%d %H:%M}"


class PracticeBreak(models.Model):
    """A pause inside a session; it does not count."""

    session = models.ForeignKey(PracticeSession, on_delete=models.CASCADE, related_name="breaks")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("starts_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="break_ends_after_it_starts"),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.starts_at:%H:%M}"


class Attendance(models.Model):
    """One person in one session. Working state until its evidence is sealed; each sign is written once."""

    session = models.ForeignKey(PracticeSession, on_delete=models.PROTECT, related_name="attendances")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    in_at = models.DateTimeField(null=True)
    in_method = models.CharField(max_length=12, choices=_methods(), blank=True)
    in_confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    in_confirmed_at = models.DateTimeField(null=True)
    out_at = models.DateTimeField(null=True)
    out_method = models.CharField(max_length=12, choices=_methods(), blank=True)
    out_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    out_confirmed_at = models.DateTimeField(null=True)
    evidence_id = models.UUIDField(_("evidence"), null=True)
    sealed_at = models.DateTimeField(null=True)
    # why the last try to seal failed; empty when none did
    seal_problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["session", "enrolment"], name="attendance_once_per_session"),
            models.CheckConstraint(
                condition=Q(out_at__isnull=True) | Q(out_at__gt=F("in_at")), name="attendance_out_after_in"
            ),
            models.CheckConstraint(
                condition=Q(evidence_id__isnull=True) | Q(in_at__isnull=False, out_at__isnull=False),
                name="attendance_sealed_is_whole",
            ),
        )
        indexes = (
            models.Index(fields=["learner", "in_at"], name="attendance_by_learner"),
            models.Index(fields=["out_at"], condition=Q(evidence_id=None), name="attendance_to_seal"),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.enrolment_id}"


class SignOff(AppendOnlyModel):
    """The trainer's word that the person did the work of the session. May come before the sign-out."""

    attendance = models.OneToOneField(Attendance, on_delete=models.PROTECT, related_name="sign_off")
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.attendance_id} by {self.trainer_id}"


class Correction(AppendOnlyModel):
    """A missing sign-out that somebody proposes to enter later (补录), with the reason."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="corrections")
    out_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.attendance_id} {self.out_at:%H:%M}"


class CorrectionVerdict(AppendOnlyModel):
    """A second person's one answer to a proposed correction."""

    correction = models.OneToOneField(Correction, on_delete=models.PROTECT, related_name="answer")
    approved = models.BooleanField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.correction_id} {self.approved}"


def trainer_is_busy(error: Any) -> bool:
    """Whether a database refusal came from the trainer's other session at the same time."""
    return "practice_trainer_in_one_place" in str(error)
