"""Pages of assessment: an assessor's exams, the sheet of marks, and the timetable of exams."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from courses.api import get_curriculum
from courses.data import UnitMode
from lms.accounts.api import get_people
from lms.assessment import api
from lms.assessment.data import Candidate, ExamFacts, UnableToMark
from lms.assessment.forms import ExamChoices, ExamForm, TypedMarks, read_marks
from lms.enrolment.api import Hat, get_class_run, get_class_runs, view_of
from lms.enrolment.data import ClassRunFacts, NotYours, Refused
from lms.lib.localday import local_day
from lms.web.api import person_id_of, person_required

View = Callable[..., HttpResponse]


def own_business(view: View) -> View:
    """What is nobody's or somebody else's business answers 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return guarded


@require_GET
@person_required
def mine(request: HttpRequest) -> HttpResponse:
    """The exams that this assessor marks."""
    exams = api.exams_for(assessor_id=person_id_of(request))
    if not exams and not getattr(request, "roles", ()):
        raise Http404
    runs = get_class_runs(class_run_ids={exam.class_run_id for exam in exams})
    today = local_day(timezone.now())
    rows = []
    for exam in exams:
        candidates = api.candidates_of(exam_id=exam.exam_id)
        rows.append(
            {
                "exam": exam,
                "run": runs[exam.class_run_id],
                "marked": sum(one.mark is not None for one in candidates),
                "people": len(candidates),
                "open": exam.held_on <= today,
            }
        )
    return render(request, "assessment/mine.html", {"rows": rows, "nav_active": "exams"})


@require_http_methods(["GET", "POST"])
@person_required
@never_cache
@own_business
def exam(request: HttpRequest, exam_id: int) -> HttpResponse:
    """The sheet: type marks, look at them once more, seal them. Others than the assessor only read."""
    facts = api.get_exam(exam_id=exam_id)
    run = get_class_run(class_run_id=facts.class_run_id)
    hats = view_of(run, person_id=person_id_of(request), day=local_day(timezone.now())).hats
    marks_here = facts.assessor_id == person_id_of(request)
    if not marks_here and not hats & {Hat.PROVIDER, Hat.OFFICER}:
        raise NotYours(exam_id)
    candidates = api.candidates_of(exam_id=exam_id)
    typed = read_marks(request.POST, [one.enrolment_id for one in candidates])
    if request.method == "POST":
        if not marks_here:
            raise NotYours(exam_id)
        return _seal(request, facts, run, candidates, typed)
    return _sheet(request, facts, run, candidates, typed, marks_here=marks_here)


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def schedule(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """A new exam of a class; the exams it has already stand beside the form."""
    run = get_class_run(class_run_id=class_run_id)
    if not view_of(run, person_id=person_id_of(request), day=local_day(timezone.now())).may_arrange:
        raise NotYours(class_run_id)
    units = get_curriculum(curriculum_id=run.curriculum_id).units
    people = get_people(person_ids=run.assessor_ids)
    choices = ExamChoices(
        run=run,
        units={unit.unit_key: unit.title for unit in units if unit.mode is UnitMode.ASSESSMENT},
        assessors={person_id: one.name for person_id, one in sorted(people.items())},
    )
    form = ExamForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        try:
            api.schedule_exam(
                class_run_id=class_run_id, actor_id=person_id_of(request), now=timezone.now(), **form.cleaned_data
            )
        except Refused as error:
            form.refuse(error, api.explain)
        else:
            messages.success(request, _("The exam stands in the timetable."))
            return redirect("assessment:schedule", class_run_id)
    context = {
        "form": form,
        "run": run,
        "exams": [
            {"facts": one, "assessor": people[one.assessor_id].name if one.assessor_id in people else ""}
            for one in api.exams_for(class_run_id=class_run_id)
        ],
        "nav_active": "classes",
    }
    return render(request, "assessment/schedule.html", context, status=400 if form.errors else 200)


def _seal(
    request: HttpRequest,
    facts: ExamFacts,
    run: ClassRunFacts,
    candidates: tuple[Candidate, ...],
    typed: TypedMarks,
) -> HttpResponse:
    if typed.faults or "seal" not in request.POST:
        look = not typed.faults and bool(typed.scores)
        return _sheet(request, facts, run, candidates, typed, marks_here=True, look=look)
    try:
        api.enter_marks(
            exam_id=facts.exam_id,
            scores=typed.scores,
            reasons=typed.reasons,
            assessor_id=person_id_of(request),
            declared=request.POST.get("declared") == "yes",
            now=timezone.now(),
        )
    except UnableToMark as error:
        words = [api.explain(refusal) for refusal in error.refusals]
        return _sheet(request, facts, run, candidates, typed, marks_here=True, refused=words)
    messages.success(request, _("The marks are sealed. They can only be replaced by a new version with a reason."))
    return redirect("assessment:exam", facts.exam_id)


def _sheet(
    request: HttpRequest,
    facts: ExamFacts,
    run: ClassRunFacts,
    candidates: tuple[Candidate, ...],
    typed: TypedMarks,
    *,
    marks_here: bool,
    look: bool = False,
    refused: list[Any] | None = None,
) -> HttpResponse:
    people = get_people(person_ids={one.learner_id for one in candidates} | {facts.assessor_id})
    rows = [
        {
            "enrolment_id": one.enrolment_id,
            "name": people[one.learner_id].name,
            "masked_id": people[one.learner_id].masked_id,
            "mark": one.mark,
            "typed": typed.typed.get(one.enrolment_id, ""),
            "reason": typed.reasons.get(one.enrolment_id, ""),
            "fault": typed.faults.get(one.enrolment_id, ""),
            "history": api.mark_history(exam_id=facts.exam_id, enrolment_id=one.enrolment_id)[:-1]
            if one.mark and one.mark.version > 1
            else (),
        }
        for one in candidates
    ]
    context = {
        "exam": facts,
        "run": run,
        "rows": rows,
        "assessor": people[facts.assessor_id].name,
        "may_mark": marks_here and facts.held_on <= local_day(timezone.now()),
        "too_early": facts.held_on > local_day(timezone.now()),
        "look": look,
        "chosen": [row for row in rows if row["typed"]],
        "refused": refused or [],
        "nav_active": "exams",
    }
    bad = request.method == "POST" and not look
    return render(request, "assessment/exam.html", context, status=400 if bad else 200)
