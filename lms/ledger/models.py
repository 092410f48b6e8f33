from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import BigIntegerRangeField
from django.db import models
from django.db.models import CompositePrimaryKey, Q

from lms.db.api import AppendOnlyModel
from lms.ledger.data import EntryKind
from lms.ledger.fields import SpansField


class Entry(AppendOnlyModel):
    """One entry of a learner's chain. Partitioned by the month of `sealed_at`; in the database the primary key is
    (learner, seq, sealed_at), and what must be unique for ever stands in EntryKey.

    `pieces` are rows of [wall from, wall to] or [wall from, wall to, media from, media to] in milliseconds.
    """

    id = models.BigIntegerField(primary_key=True)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in EntryKind])
    reason = models.CharField(max_length=24)
    enrolment = models.ForeignKey(
        "enrolment.Enrolment", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    class_run_id = models.BigIntegerField()
    unit_key = models.CharField(max_length=64)
    mode = models.CharField(max_length=12)
    day = models.DateField()
    seconds = models.IntegerField()
    milliseconds = models.BigIntegerField()
    pieces = models.JSONField()
    evidence = models.ForeignKey(
        "evidence.SealedEvidence", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    evidence_digest = models.CharField(max_length=64)
    part = models.IntegerField()
    source = models.CharField(max_length=32)
    source_revision = models.IntegerField()
    captured_by = models.CharField(max_length=64)
    hour_pack = models.CharField(max_length=40)
    detail = models.JSONField()
    hash_version = models.SmallIntegerField()
    prev_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        indexes = (models.Index(fields=["enrolment", "seq"], name="ledger_entry_enrolment"),)

    def __str__(self) -> str:
        return f"{self.learner_id}/{self.seq} {self.kind} {self.seconds}"


class EntryKey(AppendOnlyModel):
    """What is unique over all months: one entry per (learner, seq) and per (evidence, part, kind, reversal)."""

    id = models.BigIntegerField(primary_key=True)
    evidence = models.ForeignKey(
        "evidence.SealedEvidence", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    part = models.IntegerField()
    kind = models.CharField(max_length=8)
    reversal = models.BooleanField()
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()

    class Meta:
        db_table = "ledger_entrykey"
        constraints = (
            models.UniqueConstraint(fields=["evidence", "part", "kind", "reversal"], name="ledger_once_per_part"),
            models.UniqueConstraint(fields=["learner", "seq"], name="ledger_once_per_seq"),
        )

    def __str__(self) -> str:
        return f"{self.learner_id}/{self.seq}"


class Head(models.Model):
    """The last entry of a learner's chain. Its row lock orders all writers of one learner."""

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    seq = models.BigIntegerField(default=0)
    entry_hash = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "ledger_head"

    def __str__(self) -> str:
        return f"{self.learner_id} at {self.seq}"


class DayHead(models.Model):
    """A projection of the entries: what a learner was credited on one Asia/Shanghai day, over all classes."""

    pk = CompositePrimaryKey("learner_id", "day")
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    online_ms = models.BigIntegerField()
    practice_ms = models.BigIntegerField()
    total_ms = models.BigIntegerField()

    class Meta:
        db_table = "ledger_dayhead"
        constraints = (
            models.CheckConstraint(
                condition=Q(online_ms__gte=0, practice_ms__gte=0, total_ms__gte=0), name="ledger_dayhead_not_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{self.learner_id} {self.day}"


class Coverage(models.Model):
    """A projection of the entries: what is credited of one unit, in media milliseconds for video, wall ones else."""

    pk = CompositePrimaryKey("enrolment_id", "unit_key")
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+", db_index=False)
    unit_key = models.CharField(max_length=64)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    class_run_id = models.BigIntegerField(db_index=True)
    mode = models.CharField(max_length=12)
    covered = SpansField()
    covered_ms = models.BigIntegerField()

    class Meta:
        db_table = "ledger_coverage"
        constraints = (models.CheckConstraint(condition=Q(covered_ms__gte=0), name="ledger_coverage_not_negative"),)

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.unit_key}"


class OccupiedTime(models.Model):
    """A projection of the entries and the second lock against double credit: no two rows of a learner overlap (an
    exclusion constraint per month). A reversal deletes its rows and so frees the time."""

    pk = CompositePrimaryKey("learner_id", "month_on", "during")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    month_on = models.DateField()
    during = BigIntegerRangeField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "ledger_occupied"

    def __str__(self) -> str:
        return f"{self.learner_id} {self.during}"


class Anchor(AppendOnlyModel):
    """A signed Merkle root over the heads that moved since the anchor before it."""

    number = models.BigIntegerField(unique=True)
    prev_root = models.CharField(max_length=64, blank=True)
    leaves = models.BigIntegerField()
    root = models.CharField(max_length=64)
    anchored_at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        db_table = "ledger_anchor"

    def __str__(self) -> str:
        return f"anchor {self.number}"


class AnchorLeaf(AppendOnlyModel):
    """One head as it stood when its anchor was made."""

    anchor = models.ForeignKey(Anchor, on_delete=models.PROTECT, related_name="+", db_index=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    entry_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_anchorleaf"
        constraints = (
            models.UniqueConstraint(fields=["anchor", "learner"], name="ledger_leaf_once_per_anchor"),
            models.UniqueConstraint(fields=["learner", "seq"], name="ledger_leaf_once_per_seq"),
        )
        indexes = (models.Index(fields=["entry_hash"], name="ledger_leaf_by_hash"),)

    def __str__(self) -> str:
        return f"{self.learner_id}/{self.seq}"
