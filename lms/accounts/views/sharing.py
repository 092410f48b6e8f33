"""A family's phone: declare it, undo it, and switch between its accounts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.accounts.data import PhoneAccount
from lms.accounts.sharing import accounts_on, declare_sharing, end_sharing, person_on
from lms.accounts.signin import close_device
from lms.web.api import person_id_of, person_required, rate_limited

COOKIE = "shared_phone"
_YEARS_SECONDS = 2 * 365 * 86400


def phone_key(request: HttpRequest) -> str:
    """The key in the phone's cookie; empty where nobody declared anything on it."""
    return request.COOKIES.get(COOKIE, "")


def family_on(request: HttpRequest) -> tuple[PhoneAccount, ...]:
    """The accounts of the phone that asks. No cookie, no question to the database."""
    return accounts_on(key=phone_key(request)) if phone_key(request) else ()


def chosen_on(request: HttpRequest) -> PhoneAccount | None:
    """The account of this phone that the login page is for."""
    wanted = (request.POST or request.GET).get("as", "")
    return next((one for one in family_on(request) if str(one.share_id) == wanted), None)


def filled_in(request: HttpRequest, chosen: PhoneAccount | None) -> QueryDict:
    """What was typed, with the name and number of the chosen account, which the page never shows."""
    data = request.POST.copy()
    person = person_on(key=phone_key(request), share_id=chosen.share_id) if chosen else None
    if person is not None:
        data["mobile"] = (person.mobile or "") if person.mobile_verified_at else ""
        data["identifier"] = person.username
    return data


@person_required
@rate_limited("accounts.share", "30/h")
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """The person declares this phone to be shared; the phone's cookie is set."""
    key = declare_sharing(person_id=person_id_of(request), key=phone_key(request), now=timezone.now())
    messages.success(request, _("Noted: several people use this phone. Each keeps an own account."))
    answer = redirect(reverse("accounts:me") + "#this-phone")
    secure = bool(settings.SESSION_COOKIE_SECURE)
    answer.set_cookie(COOKIE, key, max_age=_YEARS_SECONDS, httponly=True, samesite="Lax", secure=secure)
    return answer


@person_required
@require_POST
def unshare(request: HttpRequest) -> HttpResponse:
    """The person is no longer shown on this phone."""
    if end_sharing(person_id=person_id_of(request), key=phone_key(request), now=timezone.now()):
        messages.success(request, _("You are no longer shown on this phone."))
    return redirect(reverse("accounts:me") + "#this-phone")


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in is signed out, nothing of theirs stays in the browser's pages, and the login page waits for
    the chosen account."""
    chosen = chosen_on(request)
    if request.session.session_key:
        close_device(session_key=request.session.session_key, now=timezone.now())
    logout(request)
    query: dict[str, Any] = {}
    if chosen is not None:
        query = {"as": chosen.share_id} | ({} if chosen.by_code else {"tab": "password"})
    answer = redirect(reverse("accounts:login") + (f"?{urlencode(query)}" if query else ""))
    answer["Clear-Site-Data"] = '"cache"'
    return answer
