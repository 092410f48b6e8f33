"""Opening an account, and the notice on personal data."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from lms.accounts.data import CodePurpose, IdType, Refused
from lms.accounts.forms import RegisterForm
from lms.accounts.models import Person
from lms.accounts.people import register_person
from lms.accounts.views.signin import code_context, next_url, send_code, sign_in
from lms.accounts.words import CONSENT_VERSION
from lms.web.api import person_required, rate_limited


@never_cache
@sensitive_post_parameters()
@rate_limited("accounts.register", "60/h", key="ip")
@require_http_methods(["GET", "HEAD", "POST"])
def register_page(request: HttpRequest) -> HttpResponse:
    """One form: who you are, a code to prove the number, consent. What was typed is never lost."""
    if request.user.is_authenticated:
        return redirect(next_url(request))
    if request.method != "POST":
        return _page(request, RegisterForm())
    if request.POST.get("action") == "send":
        form, sent = send_code(request, RegisterForm, CodePurpose.REGISTER)
        return _page(request, form, sent=sent)
    form = RegisterForm(request.POST)
    if form.is_valid():
        now, values = timezone.now(), form.cleaned_data
        try:
            facts = register_person(
                name=values["name"],
                id_type=IdType(values["id_type"]),
                id_number=values["id_number"],
                mobile=values["mobile"],
                code=values["code"],
                password=values["password"] or None,
                consent_version=request.POST.get("consent_version", ""),
                face_consent=values["face"],
                language=get_language() or "zh-hans",
                now=now,
            )
        except Refused as refused:
            form.take(refused, {"consent": "agree"})
        else:
            person = Person.objects.get(pk=facts.person_id)
            return sign_in(request, person, by="code", to=_welcome(request), now=now)
    return _page(request, form, status=HTTPStatus.BAD_REQUEST)


@never_cache
@person_required
@require_safe
def welcome_page(request: HttpRequest) -> HttpResponse:
    """Says which level of identity was reached and what it opens."""
    return render(request, "accounts/welcome.html", {"next": next_url(request)})


@require_safe
def notice_page(request: HttpRequest) -> HttpResponse:
    """The notice on personal data that people agree to, in the version in force."""
    return render(request, "accounts/notice.html", {"version": CONSENT_VERSION})


def _welcome(request: HttpRequest) -> str:
    return f"{reverse('accounts:welcome')}?{urlencode({'next': next_url(request)})}"


def _page(request: HttpRequest, form: object, *, sent: bool = False, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        **code_context(sent=sent),
        "consent_version": CONSENT_VERSION,
        "next": request.POST.get("next") or request.GET.get("next") or "",
    }
    return render(request, "accounts/register.html", context, status=status)
