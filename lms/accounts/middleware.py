"""What every request carries of a person: who by a token, which roles, whether consent holds, which language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from lms.accounts.audit import ip_now, request_id_now
from lms.accounts.privacy import set_language
from lms.accounts.roles import roles_of
from lms.accounts.signin import note_seen, person_by_token
from lms.web.api import client_facts, problem

GetResponse = Callable[[HttpRequest], HttpResponse]
_OPEN_WITHOUT_CONSENT = (
    "/accounts/",
    "/help/",
    "/notices/",
    "/i18n/",
    "/static/",
    "/verify/",
    "/healthz",
    "/problems/",
)


class RequestFactsMiddleware:
    """Audit rows written during the request know its id and address, whoever writes them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_now.set(getattr(request, "request_id", ""))
        ip = ip_now.set(client_facts(request).ip)
        try:
            return self.get_response(request)
        finally:
            request_id_now.reset(request_id)
            ip_now.reset(ip)


class BearerTokenMiddleware:
    """Under /api/ a valid bearer token is as good as a session and needs no CSRF token; a bad one answers 401."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if not request.path.startswith("/api/") or scheme.lower() != "bearer":
            return self.get_response(request)
        person = person_by_token(token=token.strip(), now=timezone.now())
        if person is None:
            answer = problem(
                request,
                status=401,
                code="bad_token",
                title=_("The token is not valid"),
                detail=_("It is wrong, too old or was ended. Ask for a new one at /api/v1/auth/token/."),
            )
            answer["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return answer
        request.user = person
        # no cookie carries the token, so nobody can forge the request
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # noqa: SLF001  Django's own switch
        return self.get_response(request)


class RolesMiddleware:
    """`request.memberships` and `request.roles` say what the person may do today; read only when somebody asks."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.memberships = SimpleLazyObject(  # type: ignore[attr-defined]  # ours, read by every desk
            lambda: roles_of(person_id=request.user.pk) if request.user.is_authenticated else ()
        )
        request.roles = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: frozenset(str(held.role) for held in request.memberships)  # type: ignore[attr-defined]
        )
        return self.get_response(request)


class ConsentMiddleware:
    """Somebody who withdrew consent reaches their own data, help and messages, and nothing that takes in more."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not getattr(request.user, "consent_withdrawn_at", None):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return problem(
                request,
                status=403,
                code="consent_withdrawn",
                title=_("Your consent is withdrawn"),
                detail=_("We take in nothing more about you until you agree again under My data."),
            )
        if request.path == "/" or request.path.startswith(_OPEN_WITHOUT_CONSENT):
            return self.get_response(request)
        return redirect("accounts:consent")


class KeepChoicesMiddleware:
    """A language chosen on any page is kept with the account, and the device list knows when it was last seen."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.user.is_authenticated:
            return response
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen and request.method == "POST" and request.path == reverse("set_language"):
            set_language(person_id=request.user.pk, language=chosen.value)
        elif request.method == "GET" and request.session.session_key and not request.path.startswith("/api/"):
            self._note(request.session.session_key)
        return response

    def _note(self, session_key: str) -> None:
        """One write in five minutes per browser, and no query in between."""
        if cache.add(f"accounts.seen.{session_key}", 1, timeout=300):
            note_seen(session_key=session_key, now=timezone.now())
