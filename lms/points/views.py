"""Pages of learning points: the supervisor's board, the device's own page, and where points are registered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.data import Role
from lms.lib.localday import local_day
from lms.points import api, desk
from lms.points.data import DEVICE_COOKIE, DeviceFacts, NotYours, UnableAtPoint
from lms.points.registering import ARRANGERS
from lms.points.texts import words_for
from lms.web.api import person_id_of, person_required, rate_limited, roles_required

_YEARS_SECONDS = 2 * 365 * 86400
_STAFF = tuple(role for role in Role)
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


def device_of(request: HttpRequest) -> DeviceFacts | None:
    """The device that asks, if it is one of a learning point."""
    key = request.COOKIES.get(DEVICE_COOKIE, "")
    return api.device_behind(key=key) if key else None


@require_GET
@roles_required(*_STAFF)
def overview(request: HttpRequest) -> HttpResponse:
    """The points that the person arranges or supervises."""
    person_id, day = person_id_of(request), local_day(timezone.now())
    context = {
        "rows": desk.point_rows(person_id=person_id, day=day),
        "may_register": bool(desk.organisations_of(person_id=person_id, day=day)),
        "nav_active": "points",
    }
    return render(request, "points/overview.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(*ARRANGERS)
@own_business
def register(request: HttpRequest) -> HttpResponse:
    """A new point: which organisation, its name and place, who supervises."""
    person_id, now = person_id_of(request), timezone.now()
    organisations = desk.organisations_of(person_id=person_id, day=local_day(now))
    chosen = desk.chosen(request.POST.get("organisation") or request.GET.get("organisation"), organisations)
    error = ""
    if request.method == "POST" and chosen is not None:
        try:
            made = api.register_point(
                organisation_id=chosen,
                title=request.POST.get("title", ""),
                place=request.POST.get("place", ""),
                supervisor_id=desk.number(request.POST.get("supervisor")),
                actor_id=person_id,
                now=now,
            )
        except UnableAtPoint as refused:
            error = words_for(refused.code)
        else:
            messages.success(request, _("The point is registered. Now make its PCs its devices."))
            return redirect("points:point", made.point_id)
    context = {
        "organisations": organisations,
        "chosen": chosen,
        "people": api.people_at(chosen, day=local_day(now)) if chosen else {},
        "error": error,
        "values": request.POST,
        "nav_active": "points",
    }
    return render(request, "points/register.html", context, status=400 if error else 200)


@never_cache
@require_GET
@person_required
@own_business
def point(request: HttpRequest, point_id: int) -> HttpResponse:
    """The board: each device with who sits there, check in, still there, check out; below, devices and supervisors."""
    person_id, now = person_id_of(request), timezone.now()
    context = desk.point_context(point_id=point_id, person_id=person_id, now=now)
    here = device_of(request)
    return render(request, "points/point.html", {**context, "here": here, "nav_active": "points"})


@require_POST
@person_required
@own_business
def add_device(request: HttpRequest, point_id: int) -> HttpResponse:
    """This browser is a device of the point from now on; its page opens."""
    try:
        made = api.register_device(
            point_id=point_id, name=request.POST.get("name", ""), actor_id=person_id_of(request), now=timezone.now()
        )
    except UnableAtPoint as refused:
        messages.error(request, words_for(refused.code))
        return redirect("points:point", point_id)
    messages.success(request, _("This browser is now a device of the point. Sign out; learners sign in here."))
    answer = redirect("points:here")
    secure = bool(settings.SESSION_COOKIE_SECURE)
    answer.set_cookie(DEVICE_COOKIE, made.key, max_age=_YEARS_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return answer


@require_POST
@person_required
@own_business
def supervisors(request: HttpRequest, point_id: int) -> HttpResponse:
    """One more supervisor, or one less."""
    change = api.end_supervisor if request.POST.get("act") == "end" else api.add_supervisor
    try:
        change(
            point_id=point_id,
            person_id=desk.number(request.POST.get("person")),
            actor_id=person_id_of(request),
            now=timezone.now(),
        )
    except UnableAtPoint as refused:
        messages.error(request, words_for(refused.code))
    return redirect("points:point", point_id)


@require_POST
@person_required
@own_business
def revoke(request: HttpRequest, device_id: int) -> HttpResponse:
    """The device is none any more."""
    device = api.revoke_device(device_id=device_id, actor_id=person_id_of(request), now=timezone.now())
    messages.success(request, _("%(name)s is no device of the point any more.") % {"name": device.name})
    return redirect("points:point", device.point_id)


@require_POST
@person_required
@rate_limited("points.prove", "60/m")
@own_business
def prove(request: HttpRequest, visit_id: int, act: str) -> HttpResponse:
    """The supervisor checks a person in or out, or says that they are still there."""
    supervisor_id, now = person_id_of(request), timezone.now()
    last4 = request.POST.get("last4", "")
    try:
        if act == "in":
            api.check_in(visit_id=visit_id, supervisor_id=supervisor_id, last4=last4, now=now)
        elif act == "seen":
            api.confirm_there(visit_id=visit_id, supervisor_id=supervisor_id, now=now)
        elif act == "out":
            api.check_out(visit_id=visit_id, supervisor_id=supervisor_id, last4=last4, now=now)
        else:
            raise Http404
    except UnableAtPoint as refused:
        messages.error(request, words_for(refused.code))
    else:
        messages.success(request, desk.done_words(act))
    return redirect(desk.board_of(visit_id))


@never_cache
@require_GET
def here(request: HttpRequest) -> HttpResponse:
    """The device's own page: sign in, ask to be checked in, learn, leave."""
    device = device_of(request)
    person_id = int(request.user.pk) if request.user.is_authenticated else None
    context = desk.here_context(device, learner_id=person_id, now=timezone.now())
    context["login_url"] = f"{reverse('accounts:login')}?next={reverse('points:here')}"
    return render(request, "points/here.html", context)


@require_POST
@person_required
@rate_limited("points.ask", "30/h")
def ask(request: HttpRequest) -> HttpResponse:
    """The person at this device waits for the supervisor."""
    device = device_of(request)
    if device is None:
        messages.error(request, words_for("no_device"))
        return redirect("points:here")
    try:
        api.ask_in(device_id=device.device_id, learner_id=person_id_of(request), now=timezone.now())
    except UnableAtPoint as refused:
        messages.error(request, words_for(refused.code))
    return redirect("points:here")


@require_POST
@person_required
def leave(request: HttpRequest) -> HttpResponse:
    """The person goes without a check-out; what counts ends with the last proof."""
    if api.leave(learner_id=person_id_of(request), now=timezone.now()) is not None:
        messages.success(request, _("You have left. Your supervised time ends with the last time you were seen."))
    return redirect("points:here")
