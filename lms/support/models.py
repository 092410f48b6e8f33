"""Questions from any page and what was said to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from lms.db.api import AppendOnlyModel, EncryptedTextField
from lms.support.data import TicketState


class Ticket(models.Model):
    """A question with the page it came from. Its words never change; its state does."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    token = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=50, blank=True)
    mobile = EncryptedTextField(purpose="support.ticket.mobile", blank=True)
    text = models.TextField()
    path = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=200, blank=True)
    view_name = models.CharField(max_length=100, blank=True)
    kwargs = models.JSONField(default=dict)
    class_run_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    language = models.CharField(max_length=10)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.name) for state in TicketState],
        default=TicketState.WAITING.value,
    )
    created_at = models.DateTimeField()
    answer_due_at = models.DateTimeField(null=True)
    solve_due_on = models.DateField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state="waiting", answer_due_at__isnull=False)
                | (~Q(state="waiting") & Q(answer_due_at__isnull=True)),
                name="ticket_timer_runs_while_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="ticket_closed_has_time",
            ),
        )
        indexes = (
            models.Index(fields=["state", "answer_due_at"], name="ticket_by_state"),
            models.Index(fields=["person", "-id"], name="ticket_by_person"),
        )

    def __str__(self) -> str:
        return f"ticket {self.pk}"


class Answer(AppendOnlyModel):
    """What staff or the author said later."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_staff = models.BooleanField()
    text = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"answer {self.pk} to ticket {self.ticket_id}"
