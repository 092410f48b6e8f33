"""What crosses the door of support."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class TicketState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"


class Timer(StrEnum):
    """How a promise stands: kept, still running, or broken."""

    KEPT = "kept"
    RUNNING = "running"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """The page from which somebody asked. `kwargs` are the ids in its address, as text."""

    path: str
    title: str
    view_name: str
    kwargs: dict[str, str]
    request_id: str
    user_agent: str
    ip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One contribution to a ticket."""

    by_staff: bool
    author_name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFacts:
    """`answer_due_at`: until when staff must answer (None: nobody waits). `solve_due_on`: the day by whose end it
    must be solved. `token` opens the ticket without an account: show it to its author only."""

    ticket_id: int
    number: str
    token: str
    person_id: int | None
    name: str
    masked_mobile: str
    text: str
    state: TicketState
    page: PageContext
    class_run_id: int | None
    created_at: datetime
    answer_due_at: datetime | None
    solve_due_on: date
    closed_at: datetime | None
    answer_timer: Timer
    solve_timer: Timer
    said: tuple[Said, ...]


class UnableToOpenTicket(ValueError):
    """The question was not taken. `code`: empty, too_long, mobile."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnknownTicket(LookupError):
    """There is no such ticket, or it is none of the caller's."""
