"""Signing in, signing out, and sending codes."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.codes import request_code
from lms.accounts.data import CodePurpose, Refused, UnableToSendCode
from lms.accounts.forms import CodeLoginForm, CodeRequestForm, FaultForm, PasswordLoginForm
from lms.accounts.models import Person
from lms.accounts.roles import roles_of
from lms.accounts.signin import close_device, open_device, person_by_code, person_by_password
from lms.accounts.views.sharing import chosen_on, family_on, filled_in
from lms.web.api import client_facts, rate_limited

BACKEND = "lms.accounts.backends.DoorBackend"
_STAFF_SESSION_SECONDS = 12 * 3600
_YEAR_SECONDS = 365 * 86400
_RESEND_SECONDS = 60


@never_cache
@sensitive_post_parameters("password", "code")
@rate_limited("accounts.login", "120/m", key="ip")
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """Two ways in: a code by SMS, or a password."""
    if request.user.is_authenticated:
        return redirect(next_url(request))
    tab = "password" if (request.POST or request.GET).get("tab") == "password" else "code"
    if request.method != "POST":
        return _login(request, tab, CodeLoginForm(), PasswordLoginForm())
    if tab == "code" and request.POST.get("action") == "send":
        form, sent = send_code(request, CodeLoginForm, CodePurpose.LOGIN)
        return _login(request, tab, form, PasswordLoginForm(), sent=sent)
    form = (CodeLoginForm if tab == "code" else PasswordLoginForm)(filled_in(request, chosen_on(request)))
    if form.is_valid():
        now = timezone.now()
        try:
            person = _recognise(tab, form, now)
        except Refused as refused:
            form.take(refused)
        else:
            return sign_in(request, person, by=tab, to=next_url(request), now=now)
    code_form, password_form = (form, PasswordLoginForm()) if tab == "code" else (CodeLoginForm(), form)
    return _login(request, tab, code_form, password_form, status=HTTPStatus.BAD_REQUEST)


@require_POST
def logout_now(request: HttpRequest) -> HttpResponse:
    """Nobody is signed in on this browser any more."""
    if request.session.session_key:
        close_device(session_key=request.session.session_key, now=timezone.now())
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def sign_in(request: HttpRequest, person: Person, *, by: str, to: str, now: datetime) -> HttpResponse:
    """The person is signed in on this browser; language and type size follow. Staff sessions end in 12 h."""
    login(request, person, backend=BACKEND)
    request.session["signed_in_by"] = by
    if roles_of(person_id=person.pk) or person.is_staff:
        request.session.set_expiry(_STAFF_SESSION_SECONDS)
    request.session.save()
    open_device(
        person_id=person.pk,
        session_key=str(request.session.session_key),
        user_agent=client_facts(request).user_agent,
        now=now,
    )
    response = redirect(to)
    keep = {"max_age": _YEAR_SECONDS, "samesite": "Lax", "secure": bool(settings.SESSION_COOKIE_SECURE)}
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, **keep)  # type: ignore[arg-type]
    response.set_cookie("large_type", "1" if person.large_type else "0", **keep)  # type: ignore[arg-type]
    return response


def send_code(
    request: HttpRequest, form_class: type[FaultForm], purpose: CodePurpose, *, field: str = "mobile"
) -> tuple[FaultForm, bool]:
    """The form with everything that was typed, and whether a code is on its way to the number in `field`."""
    data = filled_in(request, chosen_on(request)) if purpose is CodePurpose.LOGIN else request.POST
    form = form_class(initial=data.dict())
    ask = CodeRequestForm({"mobile": data.get(field, "")})
    errors = ask.errors.get("mobile")
    if not errors:
        try:
            request_code(
                mobile=ask.cleaned_data["mobile"],
                purpose=purpose,
                now=timezone.now(),
                language=get_language() or "zh-hans",
            )
        except UnableToSendCode as refused:
            ask.take(refused)
            errors = ask.errors.get("mobile")
    if not errors:
        return form, True
    bound = form_class(data)
    bound.full_clean()
    bound.errors.clear()
    bound.errors[field] = errors
    return bound, False


def code_context(*, sent: bool) -> dict[str, object]:
    """What the button that sends a code needs; in the demo also where the text can be read."""
    shown = settings.DEMO and settings.SMS_CHANNEL == "local"
    return {
        "code_sent": sent,
        "resend_seconds": _RESEND_SECONDS,
        "code_log_url": reverse("notices:local_log") if shown else "",
    }


def next_url(request: HttpRequest) -> str:
    """Where to go after signing in: a path of this site, else the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here and wanted.startswith("/") else settings.LOGIN_REDIRECT_URL


def _recognise(tab: str, form: FaultForm, now: datetime) -> Person:
    values = form.cleaned_data
    if tab == "code":
        return person_by_code(mobile=values["mobile"], code=values["code"], now=now)
    return person_by_password(identifier=values["identifier"], password=values["password"], now=now)


def _login(
    request: HttpRequest,
    tab: str,
    code_form: FaultForm,
    password_form: FaultForm,
    *,
    sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    form = code_form if tab == "code" else password_form
    context = {
        "tab": tab,
        "form": form,
        **code_context(sent=sent),
        "next": "" if next_url(request) == settings.LOGIN_REDIRECT_URL else next_url(request),
        "family": family_on(request),
        "chosen": chosen_on(request),
    }
    return render(request, "accounts/login.html", context, status=status)
