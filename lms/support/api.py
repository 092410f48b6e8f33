"""The door of support: questions from every page, answered by people within the promised time."""

from lms.support.tickets import (
    answer_ticket,
    close_ticket,
    get_own_ticket,
    get_ticket,
    get_ticket_by_token,
    late_count,
    open_ticket,
    open_ticket_count,
    reply,
    tickets_in,
    tickets_of,
    waiting_count,
)

__all__ = [
    "answer_ticket",
    "close_ticket",
    "get_own_ticket",
    "get_ticket",
    "get_ticket_by_token",
    "late_count",
    "open_ticket",
    "open_ticket_count",
    "reply",
    "tickets_in",
    "tickets_of",
    "waiting_count",
]
