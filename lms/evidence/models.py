from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from lms.db.api import AppendOnlyModel


class SealedEvidence(AppendOnlyModel):
    """One piece of evidence as it was witnessed. Ids and instants only; who a person is stands in accounts.

    `id` is a time-ordered UUID. `stretches` are rows of [wall from, wall to] or [wall from, wall to, media from,
    media to] in milliseconds. `digest` seals the canonical bytes of all columns but `id` and `recorded_at`.
    """

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=32)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=64)
    stretches = models.JSONField()
    payload = models.JSONField()
    captured_by = models.CharField(max_length=64)
    captured_at = models.DateTimeField()
    external_key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "external_key"], name="evidence_once_per_source_and_key"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.external_key}"


class ClockTenure(AppendOnlyModel):
    """From `from_at` on, `holder` has the learner's one learning clock, until the next tenure starts."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=32)
    holder = models.CharField(max_length=120)
    from_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["learner", "from_at", "holder"], name="evidence_tenure_once"),)

    def __str__(self) -> str:
        return f"{self.learner_id} {self.holder} {self.from_at:%Y-%m-%dT%H:%M:%S}"


class Capturer(models.Model):
    """An outside system that may deliver evidence under its Ed25519 key. `organisation` null: the platform's own."""

    code = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=64)
    sources = ArrayField(models.CharField(max_length=32))
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.code
