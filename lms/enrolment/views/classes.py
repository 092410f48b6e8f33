"""The list of classes, the class page, and the form that makes or revises a class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from courses.api import get_curriculum
from lms.accounts.api import get_organisations
from lms.enrolment import desk
from lms.enrolment.class_runs import cancel_class_run, create_class_run, revise_class_run
from lms.enrolment.data import ClassRunState, NotYours, Refused
from lms.enrolment.forms import ClassForm, initial_of
from lms.enrolment.views.guards import own_business, say_refused
from lms.lib.localday import local_day
from lms.lib.periods import periods_text
from lms.web.api import paginate, person_id_of, person_required


@require_GET
@person_required
@own_business
def index(request: HttpRequest) -> HttpResponse:
    """Every class in which the person has a part, by state."""
    if not getattr(request, "roles", ()):
        raise NotYours(person_id_of(request))
    day = local_day(timezone.now())
    runs = desk.my_runs(person_id=person_id_of(request), day=day)
    chosen = request.GET.get("state", "")
    page = paginate(request, desk.with_people(desk.in_state(runs, chosen, day)))
    context = {
        "page": page,
        "cards": desk.cards(page.items, day),
        "filters": desk.filters(runs, chosen, day),
        "may_make": bool({"hr", "provider_admin"} & set(getattr(request, "roles", ()))),
        "nav_active": "classes",
    }
    return render(request, "enrolment/index.html", context)


@require_GET
@person_required
@own_business
def page(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """One class: its plan, money, people, filing."""
    day = local_day(timezone.now())
    run, view = desk.run_for(class_run_id, person_id=person_id_of(request), day=day)
    context = desk.class_context(run, view=view, day=day)
    return render(request, "enrolment/class.html", {**context, "nav_active": "classes"})


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def new(request: HttpRequest) -> HttpResponse:
    """First the course, then the class."""
    day, person_id = local_day(timezone.now()), person_id_of(request)
    text = request.GET.get("q", "")[:80]
    cards = desk.course_choices(person_id=person_id, day=day, text=text)
    if "course" not in request.GET:
        rows = [{"card": card, "periods": periods_text(card.total_seconds)} for card in cards]
        context: dict[str, Any] = {"page": paginate(request, rows), "q": text, "nav_active": "classes"}
        return render(request, "enrolment/choose_course.html", context)
    card = next((card for card in cards if str(card.course_id) == request.GET["course"]), None)
    if card is None:
        raise NotYours(person_id)
    choices = desk.class_choices(
        curriculum_id=card.curriculum_id, provider_id=card.provider_id, person_id=person_id, day=day
    )
    form = ClassForm(request.POST or None, choices=choices, initial={"title": card.title, "payee_kind": "provider"})
    if request.method == "POST" and form.is_valid():
        try:
            run = create_class_run(draft=form.draft(), actor_id=person_id, now=timezone.now())
        except Refused as error:
            form.refuse(error)
        else:
            messages.success(request, _("The class is a draft now. Next: its people."))
            return redirect("enrolment:class", run.class_run_id)
    return _form_page(request, form, title=card.title, steps=desk.wizard_steps(None, people=0))


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def edit(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """A draft or a returned filing, revised."""
    day, person_id = local_day(timezone.now()), person_id_of(request)
    run, view = desk.run_for(class_run_id, person_id=person_id, day=day)
    if not view.may_arrange or run.state not in {ClassRunState.DRAFT, ClassRunState.RETURNED}:
        raise NotYours(class_run_id)
    choices = desk.class_choices(
        curriculum_id=run.curriculum_id, provider_id=run.provider_id, person_id=person_id, day=day
    )
    codes = "\n".join(one.uscc for one in get_organisations(organisation_ids=run.employer_ids).values())
    form = ClassForm(request.POST or None, choices=choices, initial=initial_of(run, employer_codes=codes))
    if request.method == "POST" and form.is_valid():
        # a firm's officer edits the class, not the list of firms in it
        draft = form.draft()
        if choices.fixed_employer_id is not None:
            draft = replace(draft, employer_ids=run.employer_ids)
        try:
            revise_class_run(class_run_id=class_run_id, draft=draft, actor_id=person_id, now=timezone.now())
        except Refused as error:
            form.refuse(error)
        else:
            messages.success(request, _("The class is changed."))
            return redirect("enrolment:class", class_run_id)
    title = get_curriculum(curriculum_id=run.curriculum_id).title
    return _form_page(request, form, title=title, steps=desk.wizard_steps(run, people=0), run=run)


@require_POST
@person_required
@own_business
def cancel(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """The class will not take place."""
    try:
        cancel_class_run(
            class_run_id=class_run_id,
            actor_id=person_id_of(request),
            reason=request.POST.get("reason", "")[:300],
            now=timezone.now(),
        )
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, _("The class is cancelled."))
    return redirect("enrolment:class", class_run_id)


def _form_page(
    request: HttpRequest, form: ClassForm, *, title: str, steps: list[dict[str, object]], run: Any = None
) -> HttpResponse:
    context = {"form": form, "course_title": title, "steps": steps, "run": run, "nav_active": "classes"}
    return render(request, "enrolment/class_form.html", context, status=400 if form.errors else 200)
