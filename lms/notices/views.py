"""The inbox, what reaches whom how, and the demo's log of messages that were not sent."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.notices import api
from lms.notices.data import Channel
from lms.notices.models import LocalMessage
from lms.web.api import paginate, person_required

_ICONS = {
    "record_issued": "award",
    "decision_made": "scale",
    "claim_submitted": "send",
    "claim_decided": "banknote",
    "enrolled": "users",
    "ticket_answered": "message-circle",
    "mobile_replaced": "smartphone",
    "mobile_taken_over": "smartphone",
    "practice_missing_signout": "log-out",
    "upload_failed": "file-warning",
}


@never_cache
@person_required
@require_safe
def inbox_page(request: HttpRequest) -> HttpResponse:
    """The person's notices, newest first."""
    page = paginate(request, api.inbox_of(person_id=_me(request), language=_language()))
    lines = [(notice, _ICONS.get(notice.kind, "bell")) for notice in page.items]
    unread = api.unread_count(person_id=_me(request))
    return render(request, "notices/inbox.html", {"page": page, "lines": lines, "unread": unread})


@never_cache
@person_required
@require_safe
def notice_page(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One notice, which counts as read from now on. Somebody else's does not exist."""
    notice = api.mark_read(person_id=_me(request), notice_id=notice_id, language=_language(), now=timezone.now())
    if notice is None:
        raise Http404
    context = {"notice": notice, "icon": _ICONS.get(notice.kind, "bell"), "back_url": reverse("notices:inbox")}
    return render(request, "notices/notice.html", context)


@person_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """All notices count as read."""
    api.mark_all_read(person_id=_me(request), now=timezone.now())
    return redirect("notices:inbox")


@never_cache
@person_required
@require_safe
def unread_badge(request: HttpRequest) -> HttpResponse:
    """The number of unread notices as a fragment for the bell."""
    return render(request, "notices/badge.html", {"unread": api.unread_count(person_id=_me(request))})


@never_cache
@person_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_page(request: HttpRequest) -> HttpResponse:
    """Which kinds go out by SMS and mail. The inbox always gets all of them."""
    lines = api.preferences_of(person_id=_me(request), language=_language())
    if request.method == "POST":
        for line in lines:
            for channel, before in ((Channel.SMS, line.sms), (Channel.MAIL, line.mail)):
                now_wanted = f"{line.kind}.{channel}" in request.POST
                if not line.fixed and now_wanted != before:
                    api.set_preference(person_id=_me(request), kind=line.kind, channel=channel, wanted=now_wanted)
        messages.success(request, _("Saved."))
        return redirect("notices:preferences")
    context = {"lines": lines, "active_tab": "me", "back_url": "/accounts/me/"}
    return render(request, "notices/preferences.html", context)


@never_cache
@require_safe
def local_log_page(request: HttpRequest) -> HttpResponse:
    """The texts that the local channel kept. Only the demo has this page: it shows codes to everybody."""
    if not settings.DEMO:
        raise Http404
    page = paginate(request, LocalMessage.objects.order_by("-id"))
    return render(request, "notices/local_log.html", {"page": page})


def _me(request: HttpRequest) -> int:
    return request.user.pk or 0


def _language() -> str:
    return get_language() or "zh-hans"
