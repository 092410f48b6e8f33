"""Filing a class: the check before it goes in, the officer's inbox, the officer's answer."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.data import Role
from lms.enrolment import desk
from lms.enrolment.access import looked_after_by
from lms.enrolment.data import ClassRunState, NotYours, Refused
from lms.enrolment.filing import accept_filing, return_filing, submit_filing
from lms.enrolment.reads import submitted_class_runs
from lms.enrolment.views.guards import own_business, say_refused
from lms.lib.localday import local_day
from lms.web.api import paginate, person_id_of, person_required, roles_required


@require_GET
@roles_required(Role.OFFICER)
def inbox(request: HttpRequest) -> HttpResponse:
    """Filings of the officer's district that wait for an answer, the longest waiting first."""
    day = local_day(timezone.now())
    own = looked_after_by(person_id=person_id_of(request), day=day)
    page = paginate(request, desk.with_people(submitted_class_runs().filter(own or Q())))
    context = {"page": page, "cards": desk.cards(page.items, day), "nav_active": "filings"}
    return render(request, "enrolment/inbox.html", context)


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def file(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """What is still missing, the commitment letter, and the button that seals and submits."""
    now = timezone.now()
    run, view = desk.run_for(class_run_id, person_id=person_id_of(request), day=local_day(now))
    if not view.may_arrange or run.state not in {ClassRunState.DRAFT, ClassRunState.RETURNED}:
        raise NotYours(class_run_id)
    if request.method == "POST":
        try:
            filing = submit_filing(
                class_run_id=class_run_id,
                actor_id=person_id_of(request),
                commitment=request.POST.get("commitment") == "yes",
                now=now,
            )
        except Refused as error:
            say_refused(request, error)
            return redirect("enrolment:file", class_run_id)
        words = _("Submitted as version %(version)d. The officer's answer appears here.")
        messages.success(request, words % {"version": filing.version})
        return redirect("enrolment:class", class_run_id)
    context = desk.class_context(run, view=view, day=local_day(now)) | desk.filing_checks(run, local_day(now))
    return render(request, "enrolment/file.html", {**context, "nav_active": "classes"})


@require_POST
@roles_required(Role.OFFICER)
@own_business
def decide(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """The officer accepts the filing or returns it with a reason."""
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")[:500]
    officer_id, now = person_id_of(request), timezone.now()
    try:
        if verdict == "accept":
            fits = {"yes": True, "no": False}.get(request.POST.get("business_fit", ""))
            accept_filing(class_run_id=class_run_id, officer_id=officer_id, reason=reason, business_fit=fits, now=now)
            messages.success(request, _("Accepted and filed today."))
        elif verdict == "return":
            return_filing(class_run_id=class_run_id, officer_id=officer_id, reason=reason, now=now)
            messages.success(request, _("Returned with your reason."))
        else:
            messages.error(request, _("Choose whether you accept or return the filing."))
    except Refused as error:
        say_refused(request, error)
    return redirect("enrolment:class", class_run_id)
