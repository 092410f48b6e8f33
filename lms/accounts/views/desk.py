"""The staffed desk: a number is replaced, an identity confirmed, each against the original card."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lms.accounts.data import CodePurpose, IdType, MobileReason, Refused, Role
from lms.accounts.desk import replace_mobile
from lms.accounts.forms import CheckForm, DeskForm
from lms.accounts.levels import SUPERVISORS, check_at_desk
from lms.accounts.views.signin import code_context, send_code
from lms.web.api import rate_limited, roles_required


@never_cache
@roles_required(Role.DESK, Role.OFFICER)
@rate_limited("accounts.desk", "120/h")
@require_http_methods(["GET", "HEAD", "POST"])
def replace_page(request: HttpRequest) -> HttpResponse:
    """A lost or recycled number is replaced; what the desk did is said afterwards."""
    if request.method != "POST":
        return _replace(request, DeskForm())
    if request.POST.get("action") == "send":
        form, sent = send_code(request, DeskForm, CodePurpose.MOBILE)
        return _replace(request, form, sent=sent)
    form = DeskForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            done = replace_mobile(
                actor_id=request.user.pk or 0,
                id_type=IdType(values["id_type"]),
                id_number=values["id_number"],
                name=values["name"],
                new_mobile=values["mobile"],
                code=values["code"],
                reason=MobileReason(values["reason"]),
                card_seen=values["card_seen"],
                now=timezone.now(),
            )
        except Refused as refused:
            form.take(refused, {"new_mobile": "mobile"})
        else:
            return render(request, "accounts/desk_done.html", {"done": done})
    return _replace(request, form, status=HTTPStatus.BAD_REQUEST)


@never_cache
@roles_required(*SUPERVISORS)
@rate_limited("accounts.check", "240/h")
@require_http_methods(["GET", "HEAD", "POST"])
def check_page(request: HttpRequest) -> HttpResponse:
    """Somebody present with the original card reaches level L3."""
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            facts = check_at_desk(
                actor_id=request.user.pk or 0,
                id_type=IdType(values["id_type"]),
                id_number=values["id_number"],
                name=values["name"],
                card_seen=values["card_seen"],
                note=values["note"],
                now=timezone.now(),
            )
        except Refused as refused:
            form.take(refused)
        else:
            messages.success(
                request,
                _("%(name)s %(number)s is now at level L3.") % {"name": facts.masked_name, "number": facts.masked_id},
            )
            return redirect("accounts:check")
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "accounts/check.html", {"form": form, "nav_active": "check"}, status=status)


def _replace(request: HttpRequest, form: object, *, sent: bool = False, status: int = 200) -> HttpResponse:
    context = {"form": form, **code_context(sent=sent), "nav_active": "desk"}
    return render(request, "accounts/desk.html", context, status=status)
