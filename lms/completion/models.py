from __future__ import annotations

from django.db import models

from lms.db.api import AppendOnlyModel, EncryptedTextField


class RecordSeries(models.Model):
    """The last serial given in a region and year. Working state; its row lock makes serials gapless."""

    region = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["region", "year"], name="series_once_per_region_and_year"),)

    def __str__(self) -> str:
        return f"{self.region}-{self.year}: {self.last}"


class Record(AppendOnlyModel):
    """A sealed completion record. `content` is exactly what was signed; the other columns only find it."""

    record_no = models.CharField(max_length=32, unique=True)
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    statement_digest = models.CharField(max_length=64)
    verify_code = models.CharField(max_length=32, unique=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=32)
    issued_at = models.DateTimeField()
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["enrolment", "version"], name="record_version_once"),)

    def __str__(self) -> str:
        return self.record_no


class Holder(models.Model):
    """Who holds the record, apart from the signed bytes, so that personal data can be erased and proofs stay valid."""

    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="holder")
    name = EncryptedTextField(purpose="completion.holder.name")
    id_hash = models.CharField(max_length=64)
    salt = models.CharField(max_length=32)

    def __str__(self) -> str:
        return str(self.record_id)


class Revocation(AppendOnlyModel):
    """The record no longer stands, since when and why."""

    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="revocation")
    reason = models.TextField()
    revoked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.record_id)
