"""Pages of practice: the screen of the base, scanning, the session's desk, and what a learner sees of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.enrolment.data import NotYours, Refused
from lms.lib.localday import local_day
from lms.practice import api, desk
from lms.practice.data import CodeKind, SignAnswer, UnableToSign
from lms.practice.forms import CorrectionForm, SessionForm, numbers_in
from lms.web.api import person_id_of, person_required, rate_limited

View = Callable[..., HttpResponse]


def own_business(view: View) -> View:
    """What is nobody's or somebody else's business answers 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return guarded


@require_GET
@person_required
def overview(request: HttpRequest) -> HttpResponse:
    """Staff see the sessions of a day; a learner sees the own sessions."""
    now = timezone.now()
    roles = frozenset(getattr(request, "roles", ()))
    if roles & desk.DESK_ROLES:
        day = _day(request.GET.get("day"), local_day(now))
        context = desk.day_context(person_id=person_id_of(request), day=day, now=now)
        return render(request, "practice/day.html", {**context, "nav_active": "practice"})
    context = {"sessions": desk.learner_sessions(person_id=person_id_of(request), now=now), "active_tab": "scan"}
    return render(request, "practice/mine.html", context)


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def schedule(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """A new session of a class."""
    choices = desk.schedule_choices(class_run_id=class_run_id, person_id=person_id_of(request), now=timezone.now())
    form = SessionForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        try:
            session = api.schedule_session(
                class_run_id=class_run_id,
                actor_id=person_id_of(request),
                now=timezone.now(),
                **form.session(),
            )
        except Refused as error:
            form.refuse(error, api.explain)
        else:
            messages.success(request, _("The session stands in the timetable."))
            return redirect("practice:session", session.session_id)
    context = {"form": form, "run": choices.run, "nav_active": "practice"}
    return render(request, "practice/schedule.html", context, status=400 if form.errors else 200)


@require_GET
@person_required
@never_cache
@own_business
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """The session's desk for its staff; for a learner on the roster, where he stands in it."""
    now = timezone.now()
    facts = api.get_session(session_id=session_id)
    try:
        view = api.session_view(facts, person_id=person_id_of(request), day=local_day(now))
    except NotYours:
        context = desk.learner_context(facts, person_id=person_id_of(request), now=now)
        return render(request, "practice/session_mine.html", {**context, "active_tab": "scan"})
    context = desk.session_context(facts, view=view, person_id=person_id_of(request), now=now)
    return render(request, "practice/session.html", {**context, "nav_active": "practice"})


@require_GET
@person_required
@never_cache
@own_business
def board(request: HttpRequest, session_id: int) -> HttpResponse:
    """The screen of the base: the code that changes by itself, six digits, who is in and out."""
    return render(request, "practice/board.html", _board(request, session_id))


@require_GET
@person_required
@never_cache
@own_business
def board_part(request: HttpRequest, session_id: int) -> HttpResponse:
    """What changes on the screen, alone."""
    return render(request, "practice/board_part.html", _board(request, session_id))


@require_http_methods(["GET", "POST"])
@person_required
@never_cache
@rate_limited("practice-scan", "20/m")
def scan(request: HttpRequest) -> HttpResponse:
    """The camera, or the address in the code itself (`?c=`): a fresh code shows what it will do, one tap does it."""
    now = timezone.now()
    learner_id = person_id_of(request)
    try:
        if request.method == "POST":
            return _signed(request, _sign(request, learner_id))
        code = request.GET.get("c", "")
        if not code:
            return render(request, "practice/scan.html", desk.scan_context(learner_id=learner_id, now=now))
        ticket = api.scan(code=code, learner_id=learner_id, now=now)
    except UnableToSign as error:
        refusal = error.refusals[0]
        context = desk.scan_context(learner_id=learner_id, now=now)
        context |= {"refused": api.explain(refusal), "digits_error": refusal.field == "digits"}
        return render(request, "practice/scan.html", context, status=400)
    context = {
        "ticket": ticket,
        "session": ticket.session,
        "row": desk.attendance_row(ticket.session, learner_id=learner_id, now=now),
        "signs_in": ticket.kind is CodeKind.IN,
        "trainer": desk.person_name(ticket.session.trainer_id),
        "periods": desk.periods_of(ticket.session),
        "active_tab": "scan",
    }
    return render(request, "practice/scan_confirm.html", context)


@require_POST
@person_required
@own_business
def confirm(request: HttpRequest, session_id: int) -> HttpResponse:
    """Staff have seen the person who typed the digits."""
    kind = _kind(request.POST.get("kind"))
    enrolment_id = _number(request.POST.get("enrolment"))
    return _act(
        request,
        session_id,
        lambda: api.confirm(
            session_id=session_id,
            enrolment_id=enrolment_id,
            kind=kind,
            staff_id=person_id_of(request),
            now=timezone.now(),
        ),
        _("Confirmed."),
    )


@require_POST
@person_required
@own_business
def sign_off(request: HttpRequest, session_id: int) -> HttpResponse:
    """The trainer signs off the ticked people."""
    chosen = numbers_in(request.POST.getlist("enrolment"))
    return _act(
        request,
        session_id,
        lambda: api.sign_off(
            session_id=session_id,
            trainer_id=person_id_of(request),
            enrolment_ids=chosen,
            note=request.POST.get("note", "")[:300],
            now=timezone.now(),
        ),
        _("Signed off. Whoever has signed out is counted now, the others when they sign out."),
    )


@require_POST
@person_required
@own_business
def propose(request: HttpRequest, session_id: int) -> HttpResponse:
    """A missing sign-out is proposed."""
    facts = api.get_session(session_id=session_id)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter the time as hours and minutes, and the reason."))
        return redirect("practice:session", session_id)
    return _act(
        request,
        session_id,
        lambda: api.propose_sign_out(
            session_id=session_id,
            enrolment_id=form.cleaned_data["enrolment"],
            out_at=form.out_at(facts),
            reason=form.cleaned_data["reason"],
            actor_id=person_id_of(request),
            now=timezone.now(),
        ),
        _("Proposed. A second person must approve it before it counts."),
    )


@require_POST
@person_required
@own_business
def decide(request: HttpRequest, correction_id: int) -> HttpResponse:
    """A second person approves or refuses a proposed sign-out."""
    session_id = desk.session_of_correction(correction_id=correction_id)
    approve = request.POST.get("verdict") == "approve"
    return _act(
        request,
        session_id,
        lambda: api.decide_correction(
            correction_id=correction_id, approve=approve, actor_id=person_id_of(request), now=timezone.now()
        ),
        _("Approved; the time counts now.") if approve else _("Refused; the session stays at 0 for this person."),
    )


@require_POST
@person_required
@own_business
def cancel(request: HttpRequest, session_id: int) -> HttpResponse:
    """The session does not take place."""
    return _act(
        request,
        session_id,
        lambda: api.cancel_session(
            session_id=session_id,
            actor_id=person_id_of(request),
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        ),
        _("The session is cancelled."),
    )


def _sign(request: HttpRequest, learner_id: int) -> SignAnswer:
    now = timezone.now()
    ticket = request.POST.get("ticket", "")
    if ticket:
        return api.sign_by_ticket(ticket=ticket, learner_id=learner_id, now=now)
    code = request.POST.get("code", "").strip()
    if "." in code:
        return api.sign_by_code(code=code, learner_id=learner_id, now=now)
    return api.sign_by_digits(digits=code.replace(" ", ""), learner_id=learner_id, now=now)


def _signed(request: HttpRequest, answer: SignAnswer) -> HttpResponse:
    came = answer.kind is CodeKind.IN
    if answer.repeated and came:
        words = _("You are signed in already; the first time stands.")
    elif answer.repeated:
        words = _("You are signed out already; the first time stands.")
    elif answer.to_confirm:
        words = _("Noted. It counts once the staff of the base have confirmed that you are here: show them this page.")
    elif came:
        words = _("Signed in. Scan again when you leave, or the time does not count.")
    else:
        words = _("Signed out.")
    messages.success(request, words)
    return redirect("practice:session", answer.session.session_id)


def _board(request: HttpRequest, session_id: int) -> dict[str, Any]:
    now = timezone.now()
    facts = api.get_session(session_id=session_id)
    kind = _kind(request.GET.get("kind") or desk.likely_kind(facts, now=now))
    code = api.current_code(session_id=session_id, kind=kind, now=now, person_id=person_id_of(request))
    address = request.build_absolute_uri(f"{reverse('practice:scan')}?c={code.code}")
    return desk.board_context(facts, code=code, address=address, now=now)


def _act(request: HttpRequest, session_id: int, act: Callable[[], object], done: str) -> HttpResponse:
    try:
        act()
    except Refused as error:
        for refusal in error.refusals:
            words = api.explain(refusal)
            messages.error(request, f"{words.text} {words.fix}")
    else:
        messages.success(request, done)
    return redirect("practice:session", session_id)


def _kind(text: str | CodeKind | None) -> CodeKind:
    try:
        return CodeKind(text or "")
    except ValueError:
        raise Http404 from None


def _number(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 12:
        raise Http404
    return int(text)


def _day(text: str | None, today: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return today
