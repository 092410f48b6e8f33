"""Who may pass a view's door, and how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_ratelimit.core import get_usage

from lms.web.problems import problem

View = Callable[..., HttpResponse]


def person_required(view: View) -> View:
    """Only a signed-in person reaches `view`: a page sends to the login and back, the API answers 401."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if request.user.is_authenticated else _ask_to_sign_in(request)

    return gated


def roles_required(*roles: str) -> Callable[[View], View]:
    """Only a person who holds one of `roles` somewhere reaches the view. Others get 404: what they may not use,
    they need not know. Which organisation the role must belong to is the api's question, not this door's."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request)
            if not set(roles) & set(getattr(request, "roles", ())):
                raise Http404
            return view(request, *args, **kwargs)

        return gated

    return decorate


def rate_limited(
    group: str, rate: str, *, key: str = "user_or_ip", methods: str | tuple[str, ...] = "POST"
) -> Callable[[View], View]:
    """At most `rate` ("5/m") requests by `methods` per caller; more answer 429 with the seconds to wait."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            usage = get_usage(request, group=group, key=key, rate=rate, method=methods, increment=True)
            if usage is None or not usage["should_limit"]:
                return view(request, *args, **kwargs)
            wait = max(1, int(usage["time_left"]))
            detail = _("Too many attempts. Wait %(seconds)d seconds and try again.") % {"seconds": wait}
            answer = problem(request, status=429, code="rate_limited", title=_("Too many attempts"), detail=detail)
            answer["Retry-After"] = str(wait)
            return answer

        return gated

    return decorate


def person_id_of(request: HttpRequest) -> int:
    """The id of the signed-in person. Call it only behind `person_required` or `roles_required`."""
    person_id = request.user.pk
    if person_id is None:
        raise PermissionDenied
    return int(person_id)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if not request.path.startswith("/api/"):
        return redirect_to_login(request.get_full_path())
    answer = problem(
        request,
        status=401,
        code="sign_in_required",
        title=_("Sign in first"),
        detail=_("Send a bearer token from /api/v1/auth/token/ or sign in with the browser."),
    )
    answer["WWW-Authenticate"] = "Bearer"
    return answer
