"""What a worker does alone: sees the open classes of a course and who pays, joins one, leaves it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from courses.api import latest_curriculum
from courses.data import CourseNotFound
from lms.enrolment.data import NotYours, Refused
from lms.enrolment.enrolling import drop, enrol_self
from lms.enrolment.open_door import open_rows
from lms.enrolment.reads import get_class_run, get_enrolment
from lms.enrolment.views.guards import own_business, say_refused
from lms.lib.localday import local_day
from lms.web.api import person_id_of, person_required


@require_GET
@own_business
def open_classes(request: HttpRequest, course_id: int) -> HttpResponse:
    """The classes of a course that anybody may join, with dates, cost, and whose account it is on."""
    try:
        curriculum = latest_curriculum(course_id=course_id)
    except CourseNotFound as error:
        raise NotYours(course_id) from error
    person_id = person_id_of(request) if request.user.is_authenticated else None
    rows = open_rows(course_id=course_id, person_id=person_id, day=local_day(timezone.now()))
    context = {"curriculum": curriculum, "rows": rows, "active_tab": "courses", "back_url": curriculum.course_url}
    return render(request, "enrolment/open_classes.html", context)


@require_POST
@person_required
@own_business
def join(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """The worker is enrolled on his own account."""
    run = get_class_run(class_run_id=class_run_id)
    if not run.self_enrolment:
        raise NotYours(class_run_id)
    try:
        enrolment = enrol_self(class_run_id=class_run_id, person_id=person_id_of(request), now=timezone.now())
    except Refused as error:
        say_refused(request, error)
        return redirect("enrolment:open_classes", run.course_id)
    messages.success(request, _("You are enrolled. Your class is on your start page."))
    return redirect(f"{reverse('enrolment:open_classes', args=[run.course_id])}#e{enrolment.enrolment_id}")


@require_POST
@person_required
@own_business
def leave(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """The worker has left an open class."""
    facts = get_enrolment(enrolment_id=enrolment_id)
    if facts.learner_id != person_id_of(request):
        raise NotYours(enrolment_id)
    run = get_class_run(class_run_id=facts.class_run_id)
    try:
        drop(enrolment_id=enrolment_id, actor_id=person_id_of(request), reason=_("left by himself"), now=timezone.now())
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, _("You have left the class. What you learnt stays on record."))
    return redirect("enrolment:open_classes", run.course_id)
