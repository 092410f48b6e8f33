"""Help: a form that knows the page, one's own questions, and the operators' list."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lms.accounts.data import Role
from lms.support import api
from lms.support.data import PageContext, TicketFacts, TicketState, UnableToOpenTicket, UnknownTicket
from lms.web.api import client_facts, paginate, person_required, rate_limited, roles_required

_WORDS = {
    "empty": gettext_lazy("Write what you need help with."),
    "too_long": gettext_lazy("At most 4,000 characters. Write the main point; we ask back."),
    "mobile": gettext_lazy("Write an 11-digit mainland mobile number, or leave it empty."),
}
_PILLS = (
    (TicketState.WAITING, pgettext_lazy("question", "Waiting")),
    (TicketState.ANSWERED, gettext_lazy("Answered")),
    (TicketState.CLOSED, gettext_lazy("Solved")),
)


@never_cache
@rate_limited("support.ask", "20/h")
@require_http_methods(["GET", "HEAD", "POST"])
def ask_page(request: HttpRequest) -> HttpResponse:
    """The form, and what of the page goes along with it. Works without an account."""
    page = _page_context(request)
    if request.method == "POST":
        try:
            ticket = api.open_ticket(
                person_id=_person_id(request),
                text=request.POST.get("text", ""),
                page=page,
                name=request.POST.get("name", ""),
                mobile=request.POST.get("mobile", ""),
                language=get_language() or "zh-hans",
                now=timezone.now(),
            )
        except UnableToOpenTicket as refused:
            return _ask(request, page, refused.code)
        messages.success(request, _("Your question is with us. You get an answer within two hours."))
        return redirect(_own_url(ticket))
    return _ask(request, page, "")


@never_cache
@person_required
@require_safe
def mine_page(request: HttpRequest) -> HttpResponse:
    """The person's own questions."""
    page = paginate(request, api.tickets_of(person_id=_me(request), now=timezone.now()))
    return render(request, "support/mine.html", {"page": page, "active_tab": "me", "back_url": "/accounts/me/"})


@never_cache
@person_required
@rate_limited("support.reply", "60/h")
@require_http_methods(["GET", "HEAD", "POST"])
def own_page(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """One own question with all that was said; somebody else's does not exist."""
    try:
        ticket = api.get_own_ticket(ticket_id=ticket_id, person_id=_me(request), now=timezone.now())
    except UnknownTicket as error:
        raise Http404 from error
    return _thread(request, ticket, _me(request), "")


@never_cache
@rate_limited("support.reply", "60/h")
@require_http_methods(["GET", "HEAD", "POST"])
def token_page(request: HttpRequest, token: str) -> HttpResponse:
    """The question of somebody without an account, for whoever holds its address."""
    try:
        ticket = api.get_ticket_by_token(token=token, now=timezone.now())
    except UnknownTicket as error:
        raise Http404 from error
    return _thread(request, ticket, None, token)


@never_cache
@roles_required(Role.OPERATOR)
@require_safe
def desk_page(request: HttpRequest) -> HttpResponse:
    """All questions by state, who waits longest first."""
    try:
        state = TicketState(request.GET.get("state", TicketState.WAITING))
    except ValueError:
        state = TicketState.WAITING
    now = timezone.now()
    context = {
        "page": paginate(request, api.tickets_in(state=state, now=now)),
        "state": state.value,
        "pills": [(one.value, words) for one, words in _PILLS],
        "waiting": api.waiting_count(),
        "late": api.late_count(now=now),
        "now": now,
        "nav_active": "help",
    }
    return render(request, "support/desk.html", context)


@never_cache
@roles_required(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """One question with its page's context, and the answer to it."""
    now, error = timezone.now(), ""
    try:
        if request.method == "POST":
            api.answer_ticket(
                ticket_id=ticket_id,
                author_id=_me(request),
                text=request.POST.get("text", ""),
                close="close" in request.POST,
                now=now,
            )
            messages.success(request, _("The answer is on its way."))
            return redirect("support:desk")
    except UnableToOpenTicket as refused:
        error = str(_WORDS[refused.code])
    except UnknownTicket as unknown:
        raise Http404 from unknown
    try:
        ticket = api.get_ticket(ticket_id=ticket_id, operator_id=_me(request), now=now)
    except UnknownTicket as unknown:
        raise Http404 from unknown
    context = {"ticket": ticket, "error": error, "typed": request.POST.get("text", ""), "nav_active": "help"}
    return render(request, "support/answer.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


def _thread(request: HttpRequest, ticket: TicketFacts, person_id: int | None, token: str) -> HttpResponse:
    error = ""
    if request.method == "POST":
        who = {"ticket_id": ticket.ticket_id, "person_id": person_id, "token": token, "now": timezone.now()}
        try:
            if request.POST.get("action") == "close":
                api.close_ticket(**who)  # type: ignore[arg-type]
            else:
                api.reply(text=request.POST.get("text", ""), **who)  # type: ignore[arg-type]
            return redirect(request.path)
        except UnableToOpenTicket as refused:
            error = str(_WORDS[refused.code])
    context = {
        "ticket": ticket,
        "error": error,
        "typed": request.POST.get("text", ""),
        "back_url": reverse("support:mine") if person_id else "",
        "active_tab": "me",
        "shell": "shell/phone.html" if person_id else "shell/plain.html",
    }
    return render(request, "support/thread.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


def _ask(request: HttpRequest, page: PageContext, code: str) -> HttpResponse:
    context = {
        "page_context": page,
        "error_field": code,
        "error": str(_WORDS[code]) if code else "",
        "typed": request.POST,
        "shell": "shell/phone.html" if request.user.is_authenticated else "shell/plain.html",
        "help_url": request.get_full_path(),
    }
    return render(request, "support/ask.html", context, status=HTTPStatus.BAD_REQUEST if code else HTTPStatus.OK)


def _page_context(request: HttpRequest) -> PageContext:
    """What the form says of the page it was opened from, as far as it is a page of this site."""
    given = request.POST if request.method == "POST" else request.GET
    path = _own_path(given.get("from", "")) or _own_path(_referred(request))
    view_name, kwargs = _place(path)
    client = client_facts(request)
    return PageContext(
        path=path,
        title=_clean(given.get("title", ""))[:200],
        view_name=view_name,
        kwargs=kwargs,
        request_id=_clean(given.get("request", ""))[:64] or str(getattr(request, "request_id", "")),
        user_agent=client.user_agent,
        ip=client.ip,
    )


def _own_path(text: str) -> str:
    """`text` if it is a path on this site, else nothing."""
    path = _clean(text)[:500]
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else ""


def _referred(request: HttpRequest) -> str:
    try:
        parts = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return parts.path if parts.netloc == request.get_host() else ""


def _place(path: str) -> tuple[str, dict[str, str]]:
    try:
        found = resolve(urlsplit(path).path)
    except (Resolver404, ValueError):
        return "", {}
    return found.view_name, {key: str(value)[:64] for key, value in found.kwargs.items()}


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _me(request: HttpRequest) -> int:
    return request.user.pk or 0


def _person_id(request: HttpRequest) -> int | None:
    return request.user.pk if request.user.is_authenticated else None


def _own_url(ticket: TicketFacts) -> str:
    if ticket.person_id:
        return reverse("support:own", args=[ticket.ticket_id])
    return reverse("support:token", args=[ticket.token])
