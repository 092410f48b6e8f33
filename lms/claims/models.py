from __future__ import annotations

from django.db import models
from django.db.models import Q

from lms.claims.data import LIVE_LINE_STATES, BatchState, LineState
from lms.db.api import AppendOnlyModel


def _choices(states: type[BatchState | LineState]) -> list[tuple[str, str]]:
    return [(state.value, state.name.title()) for state in states]


class ClaimSeries(models.Model):
    """The last claim number given in a year. Working state; its row lock makes numbers unique."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class ClaimBatch(models.Model):
    """A claim of one payee for one class and programme. Working state until submitted; amounts are fixed then."""

    number = models.CharField(max_length=24, unique=True)
    class_run = models.ForeignKey("enrolment.ClassRun", on_delete=models.PROTECT, related_name="+")
    programme_code = models.CharField(max_length=32)
    payee_kind = models.CharField(max_length=16)
    payee = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=16, choices=_choices(BatchState), default=BatchState.DRAFT)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    receipt_no = models.CharField(max_length=32, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["class_run", "programme_code", "payee_kind", "payee"],
                condition=Q(state=BatchState.DRAFT),
                nulls_distinct=False,
                name="claim_one_open_draft",
            ),
        )
        indexes = (models.Index(fields=["state", "submitted_at"], name="claim_by_state"),)

    def __str__(self) -> str:
        return self.number


class ClaimLine(models.Model):
    """One person's line. No two live lines of one enrolment and programme can exist."""

    batch = models.ForeignKey(ClaimBatch, on_delete=models.PROTECT, related_name="lines")
    line_no = models.PositiveIntegerField()
    enrolment = models.ForeignKey("enrolment.Enrolment", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, related_name="+")
    programme_code = models.CharField(max_length=32)
    decision = models.ForeignKey("subsidy.Decision", on_delete=models.PROTECT, related_name="+")
    record_no = models.CharField(max_length=32, blank=True)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=_choices(LineState), default=LineState.DRAFT)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["enrolment", "programme_code"],
                condition=Q(state__in=[state.value for state in LIVE_LINE_STATES]),
                name="claim_one_live_line",
            ),
            models.UniqueConstraint(fields=["batch", "line_no"], name="claim_line_number_once"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="claim_amount_not_negative"),
        )
        indexes = (models.Index(fields=["person", "state"], name="claim_line_by_person"),)

    def __str__(self) -> str:
        return f"{self.batch_id}-{self.line_no}"


class ClaimEvent(AppendOnlyModel):
    """What happened to a claim: by whom, when, and what was sealed."""

    batch = models.ForeignKey(ClaimBatch, on_delete=models.PROTECT, related_name="events")
    action = models.CharField(max_length=32)
    actor = models.ForeignKey("accounts.Person", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.batch_id} {self.action}"
