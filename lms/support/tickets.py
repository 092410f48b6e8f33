"""Opening, answering and closing tickets, and who may see them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from lms.accounts import api as accounts
from lms.accounts.data import Addresses, BadNumber, Role
from lms.lib.localday import local_day
from lms.lib.workdays import shipped_calendar
from lms.notices import api as notices
from lms.notices.data import NoticeKind
from lms.support import rules
from lms.support.data import PageContext, Said, TicketFacts, TicketState, UnableToOpenTicket, UnknownTicket
from lms.support.models import Answer, Ticket

LONGEST_TEXT = 4000
_EXCERPT = 120


def open_ticket(
    *,
    person_id: int | None,
    text: str,
    page: PageContext,
    language: str,
    now: datetime,
    name: str = "",
    mobile: str = "",
) -> TicketFacts:
    """The question stands in the operators' list with the page's context and both timers running.

    Without an account the author keeps the page behind the ticket's token; a mobile number is optional there.
    Raises UnableToOpenTicket.
    """
    words = _words(text)
    try:
        number = accounts.check_mobile(mobile) if mobile.strip() else ""
    except BadNumber as error:
        raise UnableToOpenTicket("mobile") from error
    class_run = page.kwargs.get("class_run_id", "")
    row = Ticket.objects.create(
        person_id=person_id,
        token=secrets.token_hex(16),
        name=name.strip()[:50],
        mobile=number,
        text=words,
        path=page.path[:500],
        title=page.title[:200],
        view_name=page.view_name[:100],
        kwargs=page.kwargs,
        class_run_id=int(class_run) if class_run.isdecimal() and len(class_run) < 18 else None,
        request_id=page.request_id[:64],
        user_agent=page.user_agent[:300],
        ip=page.ip,
        language=language,
        created_at=now,
        answer_due_at=now + rules.ANSWER_WITHIN,
        solve_due_on=rules.solve_due_on(now, shipped_calendar()),
    )
    return _facts(row, now)


def answer_ticket(*, ticket_id: int, author_id: int, text: str, close: bool, now: datetime) -> TicketFacts:
    """Staff have answered, the author is told, and nobody waits any more; `close` also marks it solved.

    Raises UnableToOpenTicket for unusable words, UnknownTicket where the caller is no operator.
    """
    words = _words(text)
    if not accounts.holds_role(person_id=author_id, roles=(Role.OPERATOR,), day=local_day(now)):
        raise UnknownTicket(ticket_id)
    with transaction.atomic():
        row = _locked(Q(pk=ticket_id))
        answer = Answer(ticket=row, author_id=author_id, by_staff=True, text=words, at=now)
        answer.save()
        row.state = TicketState.CLOSED if close else TicketState.ANSWERED
        row.answer_due_at, row.closed_at = None, (row.closed_at or now) if close else None
        row.save(update_fields=["state", "answer_due_at", "closed_at"])
        _tell(row, words, answer.pk, now)
    return _facts(row, now)


def reply(*, ticket_id: int, person_id: int | None, token: str, text: str, now: datetime) -> TicketFacts:
    """The author has added something: the ticket waits again, with a fresh two hours. Raises as answer_ticket does."""
    words = _words(text)
    with transaction.atomic():
        row = _locked(_mine(ticket_id, person_id, token))
        Answer(ticket=row, author_id=person_id, by_staff=False, text=words, at=now).save()
        if row.state != TicketState.WAITING:
            row.state, row.answer_due_at, row.closed_at = TicketState.WAITING, now + rules.ANSWER_WITHIN, None
            row.save(update_fields=["state", "answer_due_at", "closed_at"])
    return _facts(row, now)


def close_ticket(*, ticket_id: int, person_id: int | None, token: str, now: datetime) -> TicketFacts:
    """The author has said that it is solved."""
    with transaction.atomic():
        row = _locked(_mine(ticket_id, person_id, token))
        if row.state != TicketState.CLOSED:
            row.state, row.answer_due_at, row.closed_at = TicketState.CLOSED, None, now
            row.save(update_fields=["state", "answer_due_at", "closed_at"])
    return _facts(row, now)


def get_ticket(*, ticket_id: int, operator_id: int, now: datetime) -> TicketFacts:
    """The ticket as staff see it. Raises UnknownTicket where the caller is no operator."""
    if not accounts.holds_role(person_id=operator_id, roles=(Role.OPERATOR,), day=local_day(now)):
        raise UnknownTicket(ticket_id)
    return _facts(_one(Q(pk=ticket_id)), now)


def get_own_ticket(*, ticket_id: int, person_id: int, now: datetime) -> TicketFacts:
    """The ticket as its author sees it. Raises UnknownTicket for anybody else's."""
    return _facts(_one(_mine(ticket_id, person_id, "")), now)


def get_ticket_by_token(*, token: str, now: datetime) -> TicketFacts:
    """The ticket of somebody without an account. Raises UnknownTicket."""
    return _facts(_one(Q(token=token, person=None)), now)


def tickets_of(*, person_id: int, now: datetime) -> list[TicketFacts]:
    """The person's own tickets, newest first."""
    return [_facts(row, now) for row in _rows().filter(person_id=person_id).order_by("-id")]


def tickets_in(*, state: TicketState, now: datetime) -> list[TicketFacts]:
    """All tickets in a state for the operators: who waits longest first, else newest first."""
    order = ("answer_due_at", "id") if state is TicketState.WAITING else ("-id",)
    return [_facts(row, now) for row in _rows().filter(state=state).order_by(*order)]


def waiting_count() -> int:
    """How many tickets wait for an answer."""
    return Ticket.objects.filter(state=TicketState.WAITING).count()


def open_ticket_count() -> int:
    """How many tickets are not solved yet."""
    return Ticket.objects.exclude(state=TicketState.CLOSED).count()


def late_count(*, now: datetime) -> int:
    """How many tickets have waited for an answer for more than two hours."""
    return Ticket.objects.filter(state=TicketState.WAITING, answer_due_at__lte=now).count()


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """The person's questions for their own export."""
    return [
        {
            "number": _number(row),
            "at": row.created_at.isoformat(),
            "page": row.path,
            "text": row.text,
            "answers": [{"at": a.at.isoformat(), "by_staff": a.by_staff, "text": a.text} for a in row.answers.all()],
        }
        for row in _rows().filter(person_id=person_id).order_by("id")
    ]


def _words(text: str) -> str:
    words = text.replace("\x00", "").strip()
    if not words:
        raise UnableToOpenTicket("empty")
    if len(words) > LONGEST_TEXT:
        raise UnableToOpenTicket("too_long")
    return words


def _mine(ticket_id: int, person_id: int | None, token: str) -> Q:
    return Q(pk=ticket_id, person_id=person_id) if person_id else Q(pk=ticket_id, person=None, token=token)


def _rows() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("person").prefetch_related("answers__author")


def _one(which: Q) -> Ticket:
    row = _rows().filter(which).first()
    if row is None:
        raise UnknownTicket
    return row


def _locked(which: Q) -> Ticket:
    row = Ticket.objects.select_for_update().filter(which).first()
    if row is None:
        raise UnknownTicket
    return row


def _tell(row: Ticket, words: str, answer_id: int, now: datetime) -> None:
    reach = (
        accounts.addresses_for(person_id=row.person_id)
        if row.person_id
        else Addresses(mobile=row.mobile or None, email=None, language=row.language)
    )
    link = f"/help/mine/{row.pk}/" if row.person_id else f"/help/t/{row.token}/"
    notices.send(
        person_id=row.person_id,
        kind=NoticeKind.TICKET_ANSWERED,
        params={"number": _number(row), "excerpt": words[:_EXCERPT], "link": link},
        mobile=reach.mobile,
        email=reach.email,
        language=reach.language,
        key=f"ticket_answered:{answer_id}",
        now=now,
    )


def _number(row: Ticket) -> str:
    return f"H-{row.pk:06d}"


def _facts(row: Ticket, now: datetime) -> TicketFacts:
    return TicketFacts(
        ticket_id=row.pk,
        number=_number(row),
        token=row.token,
        person_id=row.person_id,
        name=row.person.get_full_name() if row.person else row.name,
        masked_mobile=accounts.mask_mobile(row.mobile),
        text=row.text,
        state=TicketState(row.state),
        page=PageContext(
            path=row.path,
            title=row.title,
            view_name=row.view_name,
            kwargs=row.kwargs,
            request_id=row.request_id,
            user_agent=row.user_agent,
            ip=row.ip,
        ),
        class_run_id=row.class_run_id,
        created_at=row.created_at,
        answer_due_at=row.answer_due_at,
        solve_due_on=row.solve_due_on,
        closed_at=row.closed_at,
        answer_timer=rules.judge_answer(row.answer_due_at, now),
        solve_timer=rules.judge_solution(row.solve_due_on, row.closed_at, now),
        said=tuple(
            Said(
                by_staff=answer.by_staff,
                author_name=answer.author.get_full_name() if answer.author else row.name,
                text=answer.text,
                at=answer.at,
            )
            for answer in sorted(row.answers.all(), key=lambda answer: answer.pk)
        ),
    )
