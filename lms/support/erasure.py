"""Erasing a person from help: that a question was asked and answered in time stays, its words go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lms.support.data import TicketState
from lms.support.models import Answer, Ticket

_EMPTY: dict[str, object] = {
    "name": "", "mobile": "", "text": "", "path": "", "title": "", "kwargs": {}, "user_agent": "", "ip": "",
}  # fmt: skip


def erase_at_once(person_id: int, _now: datetime) -> None:
    """Questions that are solved hold no words any more."""
    _empty(Ticket.objects.filter(person_id=person_id, state=TicketState.CLOSED).values_list("pk", flat=True))


def erase_when_due(person_id: int, now: datetime) -> None:
    """No question of the person holds words; an open one is closed, because nobody is left to be answered."""
    mine = Ticket.objects.filter(person_id=person_id)
    mine.exclude(state=TicketState.CLOSED).update(state=TicketState.CLOSED, answer_due_at=None, closed_at=now)
    _empty(mine.values_list("pk", flat=True))


def _empty(tickets: Iterable[int]) -> None:
    ids = list(tickets)
    Ticket.objects.filter(pk__in=ids).update(**_EMPTY)
    Answer.objects.filter(ticket_id__in=ids).exclude(text="").update(text="")
