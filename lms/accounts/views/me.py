"""My data: what we hold, what I agreed to, where I am signed in, how pages look to me."""

from __future__ import annotations

import json
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.accounts import rules
from lms.accounts.codes import request_code
from lms.accounts.data import CodePurpose, ConsentSubject, Fault, Refused, UnableToSendCode
from lms.accounts.desk import change_own_mobile, mobile_history
from lms.accounts.erasure import erasure_of
from lms.accounts.facts import person_facts
from lms.accounts.forms import GROUP_NAMES, EmailForm, OwnMobileForm, OwnPasswordForm
from lms.accounts.models import AuditEvent, Person
from lms.accounts.privacy import (
    consents_of,
    give_consent,
    my_data_for,
    set_email,
    set_language,
    set_large_type,
    withdraw_consent,
)
from lms.accounts.roles import employments_of, roles_of
from lms.accounts.signin import devices_of, end_device, end_other_devices, open_device, set_password
from lms.accounts.views.sharing import family_on
from lms.accounts.views.signin import code_context, next_url, send_code
from lms.accounts.words import CONSENT_VERSION, role_name, words_for
from lms.web.api import client_facts, paginate, person_required, rate_limited

_YEAR_SECONDS = 365 * 86400


@never_cache
@person_required
@require_safe
def me_page(request: HttpRequest) -> HttpResponse:
    """Everything we hold about the person who asks, numbers masked."""
    person, now = _me(request), timezone.now()
    facts = person_facts(person)
    consents = consents_of(person_id=person.pk)
    family = family_on(request)
    context = {
        "facts": facts,
        "groups": [(GROUP_NAMES.get(group.code, group.code), group) for group in facts.groups],  # type: ignore[call-overload]
        "person": person,
        "roles": [(role_name(held.role), held) for held in roles_of(person_id=person.pk)],
        "employments": employments_of(person_id=person.pk),
        "platform_consent": consents.get(ConsentSubject.PLATFORM),
        "face_consent": consents.get(ConsentSubject.FACE),
        "mobile_history": mobile_history(person_id=person.pk),
        "devices": devices_of(person_id=person.pk, session_key=_session_key(request), now=now),
        "erasure": erasure_of(person_id=person.pk),
        "family": [one for one in family if one.person_id != person.pk],
        "shares_phone": any(one.person_id == person.pk for one in family),
        "active_tab": "me",
    }
    return render(request, "accounts/me.html", context)


@never_cache
@person_required
@require_safe
def looks_page(request: HttpRequest) -> HttpResponse:
    """Who changed or looked at the person's data, and why."""
    rows = AuditEvent.objects.filter(object_kind="person", object_id=str(_me(request).pk)).order_by("-id")
    page = paginate(request, rows)
    return render(
        request, "accounts/looks.html", {"page": page, "active_tab": "me", "back_url": reverse("accounts:me")}
    )


@person_required
@rate_limited("accounts.export", "10/h")
@require_POST
def export_data(request: HttpRequest) -> HttpResponse:
    """The person takes along all we hold as one JSON file."""
    now = timezone.now()
    body = json.dumps(my_data_for(person_id=_me(request).pk, now=now), ensure_ascii=False, indent=2)
    answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="zhipei-my-data-{now:%Y%m%d}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@never_cache
@person_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent_page(request: HttpRequest) -> HttpResponse:
    """After a withdrawal what is paused and the way back; for an account set up by staff, the first question."""
    person = _me(request)
    if request.method == "POST":
        if request.POST.get("consent_version") == CONSENT_VERSION:
            give_consent(person_id=person.pk, subject=ConsentSubject.PLATFORM, language=_language(), now=timezone.now())
            messages.success(request, _("Thank you. Learning and claims are open again."))
            return redirect(next_url(request))
        messages.error(request, words_for(Fault(field="consent", code="consent_missing")))
    context = {
        "person": person,
        "consented": consents_of(person_id=person.pk).get(ConsentSubject.PLATFORM, False),
        "consent_version": CONSENT_VERSION,
    }
    return render(request, "accounts/consent.html", context)


@never_cache
@person_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_page(request: HttpRequest, subject: str) -> HttpResponse:
    """Says what a withdrawal means before it is done."""
    known = _subject(subject)
    if request.method == "POST":
        withdraw_consent(person_id=_me(request).pk, subject=known, language=_language(), now=timezone.now())
        if known is ConsentSubject.PLATFORM:
            return redirect("accounts:consent")  # which says so itself
        messages.success(request, _("Your consent is withdrawn."))
        return redirect("accounts:me")
    return render(
        request,
        "accounts/withdraw.html",
        {"subject": known.value, "back_url": reverse("accounts:me"), "active_tab": "me"},
    )


@person_required
@require_POST
def give_face_consent(request: HttpRequest) -> HttpResponse:
    """The person agrees to face checks."""
    give_consent(person_id=_me(request).pk, subject=ConsentSubject.FACE, language=_language(), now=timezone.now())
    return redirect("accounts:me")


@person_required
@require_POST
def end_one_device(request: HttpRequest, kind: str, device_id: int) -> HttpResponse:
    """The person is signed out there."""
    if not end_device(person_id=_me(request).pk, kind=kind, device_id=device_id, now=timezone.now()):
        raise Http404
    messages.success(request, _("Signed out there."))
    return redirect("accounts:me")


@person_required
@require_POST
def end_all_devices(request: HttpRequest) -> HttpResponse:
    """The person is signed out everywhere but here."""
    end_other_devices(person_id=_me(request).pk, now=timezone.now())
    _stay(request)
    messages.success(request, _("Signed out everywhere but here."))
    return redirect("accounts:me")


@never_cache
@sensitive_post_parameters()
@person_required
@rate_limited("accounts.password", "20/h")
@require_http_methods(["GET", "HEAD", "POST"])
def password_page(request: HttpRequest) -> HttpResponse:
    """A new password. Somebody who came in by code need not know the old one."""
    person = _me(request)
    form = OwnPasswordForm(request.POST or None)
    if not person.has_usable_password() or request.session.get("signed_in_by") == "code":
        del form.fields["old_password"]
    if request.method == "POST" and form.is_valid():
        if "old_password" in form.fields and not person.check_password(form.cleaned_data["old_password"]):
            form.add_error("old_password", _("This is not your present password."))
        try:
            validate_password(form.cleaned_data["password"], person)
        except ValidationError as error:
            form.add_error("password", error)
        if form.is_valid():
            set_password(person_id=person.pk, password=form.cleaned_data["password"], now=timezone.now())
            _stay(request)
            messages.success(request, _("The new password is set. You are signed out everywhere else."))
            return redirect("accounts:me")
    return _form_page(request, form, _("Set a password"), _("Save"))


@never_cache
@person_required
@require_http_methods(["GET", "HEAD", "POST"])
def email_page(request: HttpRequest) -> HttpResponse:
    """Where mail goes, or nowhere."""
    person = _me(request)
    form = EmailForm(request.POST or None, initial={"email": person.email})
    if request.method == "POST" and form.is_valid():
        set_email(person_id=person.pk, email=form.cleaned_data["email"], now=timezone.now())
        return redirect("accounts:me")
    return _form_page(request, form, _("E-mail address"), _("Save"))


@never_cache
@person_required
@rate_limited("accounts.mobile", "20/h")
@require_http_methods(["GET", "HEAD", "POST"])
def mobile_page(request: HttpRequest) -> HttpResponse:
    """The number changes when codes from the old and the new one are both at hand."""
    person, now = _me(request), timezone.now()
    form, sent = OwnMobileForm(), ""
    action = request.POST.get("action", "")
    if action == "send_new":
        bound, ok = send_code(request, OwnMobileForm, CodePurpose.MOBILE, field="new_mobile")
        return _mobile_page(request, bound, "new" if ok else "")
    if action == "send_old" and person.mobile_verified_at:
        form = OwnMobileForm(initial=request.POST.dict())
        try:
            request_code(mobile=person.mobile or "", purpose=CodePurpose.MOBILE, now=now, language=_language())
            sent = "old"
        except UnableToSendCode as refused:
            messages.error(request, words_for(refused.faults[0]))
        return _mobile_page(request, form, sent)
    if request.method == "POST":
        form = OwnMobileForm(request.POST)
        if form.is_valid():
            try:
                change_own_mobile(person_id=person.pk, now=now, **form.cleaned_data)
            except Refused as refused:
                form.take(refused, {"code": "new_code", "mobile": "new_mobile"})
            else:
                _stay(request)
                messages.success(request, _("You sign in with the new number from now on."))
                return redirect("accounts:me")
    return _mobile_page(request, form, sent)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Pages come in this language, and the account remembers it."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Http404
    if request.user.is_authenticated:
        set_language(person_id=_me(request).pk, language=language)
    answer = redirect(next_url(request))
    answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=_YEAR_SECONDS, samesite="Lax")
    return answer


@require_POST
def choose_large_type(request: HttpRequest) -> HttpResponse:
    """Pages come in large type (large=1) or not, on this browser and, signed in, on every device."""
    large = request.POST.get("large") == "1"
    if request.user.is_authenticated:
        set_large_type(person_id=_me(request).pk, large=large)
    answer = redirect(next_url(request)) if "next" in request.POST else HttpResponse(status=HTTPStatus.NO_CONTENT)
    answer.set_cookie("large_type", "1" if large else "0", max_age=_YEAR_SECONDS, samesite="Lax")
    return answer


def _me(request: HttpRequest) -> Person:
    person = request.user
    if not isinstance(person, Person):
        raise Http404
    return person


def _language() -> str:
    return get_language() or "zh-hans"


def _session_key(request: HttpRequest) -> str:
    return str(request.session.session_key or "")


def _stay(request: HttpRequest) -> None:
    """This browser stays signed in although every session of the person was just ended."""
    person = Person.objects.get(pk=_me(request).pk)
    update_session_auth_hash(request, person)
    request.session.save()
    open_device(
        person_id=person.pk,
        session_key=_session_key(request),
        user_agent=client_facts(request).user_agent,
        now=timezone.now(),
    )


def _subject(text: str) -> ConsentSubject:
    try:
        return ConsentSubject(text)
    except ValueError as error:
        raise Http404 from error


def _form_page(request: HttpRequest, form: object, title: str, button: str) -> HttpResponse:
    context = {"form": form, "title": title, "button": button, "back_url": reverse("accounts:me"), "active_tab": "me"}
    return render(request, "accounts/form.html", context)


def _mobile_page(request: HttpRequest, form: object, sent: str) -> HttpResponse:
    person = _me(request)
    context = {
        "form": form,
        "sent": sent,
        **code_context(sent=bool(sent)),
        "masked_mobile": rules.mask_mobile(person.mobile),
        "verified": person.mobile_verified_at is not None,
        "back_url": reverse("accounts:me"),
        "active_tab": "me",
    }
    return render(request, "accounts/mobile.html", context)
