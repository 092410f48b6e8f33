"""Erasure: what a person may ask for, and what the operators see of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.data import ErasureFacts, Kept, Role, UnableToErase
from lms.accounts.erasure import (
    erase_due,
    erasure_of,
    erasure_plan,
    list_erasures,
    request_erasure,
    take_back_erasure,
)
from lms.accounts.people import get_people
from lms.accounts.retention import rule
from lms.accounts.words import words_for
from lms.lib.localday import local_day
from lms.web.api import paginate, person_id_of, person_required, rate_limited, roles_required


@never_cache
@person_required
@rate_limited("accounts.erase", "20/h")
@require_http_methods(["GET", "HEAD", "POST"])
def erase_page(request: HttpRequest) -> HttpResponse:
    """What must be kept until when and why, what goes at once, and the request itself or its way back."""
    person_id, now = person_id_of(request), timezone.now()
    error = ""
    if request.method == "POST":
        try:
            request_erasure(
                person_id=person_id,
                confirmation=request.POST.get("confirmation", ""),
                language=_language(),
                now=now,
            )
        except UnableToErase as refused:
            error = words_for(refused.faults[0])
        else:
            messages.success(request, _("Your request is on record. What need not be kept is gone already."))
            return redirect("accounts:erase")
    today, asked = local_day(now), erasure_of(person_id=person_id)
    plan = erasure_plan(person_id=person_id, asked_on=local_day(asked.asked_at) if asked else today, today=today)
    context = {
        "asked": asked,
        "plan": plan,
        "kept": [_kept(one) for one in plan.kept],
        "by_number": bool(getattr(request.user, "id_number", "")),
        "error": error,
        "back_url": reverse("accounts:me"),
        "active_tab": "me",
    }
    return render(request, "accounts/erase.html", context)


@person_required
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """The person stays; to go on learning they agree again."""
    if take_back_erasure(person_id=person_id_of(request), now=timezone.now()):
        words = _("Nothing more will be erased. To go on learning, agree again to the use of your data.")
        messages.success(request, words)
    return redirect("accounts:me")


@never_cache
@roles_required(Role.OPERATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def erasures_page(request: HttpRequest) -> HttpResponse:
    """The operators' list of erasures that wait or were carried out; a run can be started here too."""
    if request.method == "POST":
        run = erase_due(now=timezone.now())
        words = _("The run is over: %(erased)d erased, %(waiting)d must still be kept, %(failed)d failed.")
        figures = {"erased": run.erased, "waiting": run.waiting, "failed": run.failed}
        (messages.error if run.failed else messages.success)(request, words % figures)
        return redirect("accounts:erasures")
    done = request.GET.get("state") == "done"
    page = paginate(request, list_erasures(waiting=not done))
    people = get_people(person_ids={one.person_id for one in page.items})
    today = local_day(timezone.now())
    rows = [_row(one, people[one.person_id].masked_name, today) for one in page.items]
    context = {"page": page, "rows": rows, "done": done, "nav_active": "erasures"}
    return render(request, "accounts/erasures.html", context)


def _row(facts: ErasureFacts, name: str, today: date) -> dict[str, Any]:
    asked_on = local_day(facts.asked_at)
    kept = () if facts.erased_at else erasure_plan(person_id=facts.person_id, asked_on=asked_on, today=today).kept
    return {"facts": facts, "name": name, "kept": [_kept(one) for one in kept[:3]], "more": max(len(kept) - 3, 0)}


def _kept(kept: Kept) -> dict[str, Any]:
    found = rule(kept.rule)
    words = found.en if _language().startswith("en") else found.zh
    thinking = kept.rule == "second_thoughts"
    return {"words": words, "subject": kept.subject, "until": kept.until, "thinking": thinking}


def _language() -> str:
    return get_language() or "zh-hans"
