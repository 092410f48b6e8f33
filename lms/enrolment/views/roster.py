"""People on a class's roster: one by one, from a file with a verdict per line, and off it again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.api import ensure_person, words_for
from lms.accounts.data import UnableToEnsurePerson
from lms.enrolment import desk, roster
from lms.enrolment.data import ImportState, NotYours, Refused, RosterImportResult, RowVerdict
from lms.enrolment.enrolling import drop, enrol
from lms.enrolment.forms import PersonForm, UploadForm
from lms.enrolment.reads import get_class_run, get_enrolment
from lms.enrolment.roster_sheet import LARGEST_FILE, template_workbook
from lms.enrolment.texts import explain
from lms.enrolment.views.guards import own_business, say_refused
from lms.lib.localday import local_day
from lms.web.api import paginate, person_id_of, person_required

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_GOOD = (RowVerdict.READY, RowVerdict.FIXED)
_FILTERS: dict[str, tuple[RowVerdict, ...]] = {
    "": tuple(RowVerdict),
    "faulty": (RowVerdict.FAULTY,),
    "good": (RowVerdict.READY, RowVerdict.FIXED, RowVerdict.IMPORTED),
    "skipped": (RowVerdict.DUPLICATE, RowVerdict.ENROLLED),
}


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def add_person(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """One person by name, ID number and mobile."""
    now, actor_id = timezone.now(), person_id_of(request)
    run = get_class_run(class_run_id=class_run_id)
    form = PersonForm(
        request.POST or None, employers=desk.arranged_employers(run, person_id=actor_id, day=local_day(now))
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            with transaction.atomic():
                person = ensure_person(
                    name=values["name"],
                    id_number=values["id_number"],
                    mobile=values["mobile"],
                    actor_id=actor_id,
                    now=now,
                )
                enrol(
                    class_run_id=class_run_id,
                    person_id=person.person_id,
                    employer_id=values.get("employer_id"),
                    actor_id=actor_id,
                    now=now,
                )
        except UnableToEnsurePerson as error:
            for fault in error.faults:
                form.add_error(fault.field if fault.field in form.fields else None, words_for(fault))
        except Refused as error:
            form.refuse(error)
        else:
            words = _("%(name)s is on the roster.")
            messages.success(request, words % {"name": person.name})
            return redirect("enrolment:class", class_run_id)
    context = {"form": form, "run": run, "nav_active": "classes"}
    return render(request, "enrolment/add_person.html", context, status=400 if form.errors else 200)


@require_POST
@person_required
@own_business
def drop_person(request: HttpRequest, class_run_id: int, enrolment_id: int) -> HttpResponse:
    """The person leaves the roster, with a reason."""
    if get_enrolment(enrolment_id=enrolment_id).class_run_id != class_run_id:
        raise NotYours(enrolment_id)
    try:
        drop(
            enrolment_id=enrolment_id,
            actor_id=person_id_of(request),
            reason=request.POST.get("reason", "")[:300],
            now=timezone.now(),
        )
    except Refused as error:
        say_refused(request, error)
    else:
        messages.success(request, _("Taken off the roster; the reason is on record."))
    return redirect("enrolment:class", class_run_id)


@require_http_methods(["GET", "POST"])
@person_required
@own_business
def upload(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """The roster file goes in and comes back with a verdict per line; nobody is enrolled yet."""
    now, actor_id = timezone.now(), person_id_of(request)
    run = get_class_run(class_run_id=class_run_id)
    employers = desk.arranged_employers(run, person_id=actor_id, day=local_day(now))
    form = UploadForm(request.POST or None, request.FILES or None, employers=employers)
    if request.method == "POST" and form.is_valid():
        chosen: UploadedFile[bytes] = form.cleaned_data["file"]
        try:
            kept = roster.preview_roster(
                class_run_id=class_run_id,
                employer_id=form.cleaned_data.get("employer_id"),
                actor_id=actor_id,
                # one byte more than allowed is enough to refuse it
                file=chosen.read(LARGEST_FILE + 1),
                file_name=chosen.name or "roster.xlsx",
                now=now,
            )
        except Refused as error:
            form.refuse(error)
        else:
            return redirect("enrolment:import", kept.import_id)
    context = {
        "form": form,
        "run": run,
        "steps": _steps(0),
        "sample_url": settings.ROSTER_SAMPLE_URL,
        "nav_active": "classes",
    }
    return render(request, "enrolment/upload.html", context, status=400 if form.errors else 200)


@require_GET
@person_required
@never_cache
@own_business
def preview(request: HttpRequest, import_id: int) -> HttpResponse:
    """Every line of the file with its verdict; the good ones wait for confirmation."""
    kept = roster.get_import(import_id=import_id, actor_id=person_id_of(request), now=timezone.now())
    return _preview_page(request, kept)


@require_POST
@person_required
@own_business
def confirm(request: HttpRequest, import_id: int) -> HttpResponse:
    """The good lines are enrolled, or the list is thrown away."""
    now, actor_id = timezone.now(), person_id_of(request)
    try:
        if request.POST.get("act") == "discard":
            kept = roster.discard_roster(import_id=import_id, actor_id=actor_id, now=now)
            messages.success(request, _("The list is discarded; nobody was enrolled."))
            return redirect("enrolment:class", kept.class_run_id)
        told = request.POST.get("told_people") == "yes"
        kept = roster.confirm_roster(import_id=import_id, actor_id=actor_id, told_people=told, now=now)
    except Refused as error:
        say_refused(request, error)
    else:
        words = _("%(n)d people are on the roster now.")
        messages.success(request, words % {"n": kept.count(RowVerdict.IMPORTED)})
    return redirect("enrolment:import", import_id)


@require_http_methods(["GET", "POST"])
@person_required
@never_cache
@own_business
def mend(request: HttpRequest, import_id: int, row_number: int) -> HttpResponse:
    """One faulty line in clear, for those who may import it, to be mended in place."""
    now, actor_id = timezone.now(), person_id_of(request)
    if request.method == "POST":
        try:
            roster.mend_row(
                import_id=import_id,
                row_number=row_number,
                name=request.POST.get("name", ""),
                id_number=request.POST.get("id_number", ""),
                mobile=request.POST.get("mobile", ""),
                actor_id=actor_id,
                now=now,
            )
        except Refused as error:
            say_refused(request, error)
        return redirect("enrolment:import", import_id)
    line = roster.values_to_mend(import_id=import_id, row_number=row_number, actor_id=actor_id, now=now)
    kept = roster.get_import(import_id=import_id, actor_id=actor_id, now=now)
    row = next(one for one in kept.rows if one.row_number == row_number)
    faults: dict[str, str] = {}
    for fault in row.faults:
        words = explain(fault)
        faults.setdefault(fault.field, f"{words.text} {words.fix}".strip())
    context = {"kept": kept, "line": line, "faults": faults, "nav_active": "classes"}
    return render(request, "enrolment/mend_row.html", context)


@require_GET
@person_required
@own_business
def faults(request: HttpRequest, import_id: int) -> HttpResponse:
    """The faulty lines as a workbook, to be mended and uploaded again."""
    content = roster.faults_file(import_id=import_id, actor_id=person_id_of(request), now=timezone.now())
    return _workbook(content, f"roster-{import_id}-to-mend.xlsx")


@require_GET
@person_required
def template(_request: HttpRequest) -> HttpResponse:
    """An empty roster with the right headings."""
    return _workbook(template_workbook(), "roster-template.xlsx")


def _preview_page(request: HttpRequest, kept: RosterImportResult) -> HttpResponse:
    chosen = request.GET.get("show", "")
    wanted = _FILTERS.get(chosen, _FILTERS[""])
    rows = [_row(one) for one in kept.rows if one.verdict in wanted]
    labels = {
        "": _("All"),
        "faulty": _("To be mended"),
        "good": _("Can be imported"),
        "skipped": pgettext("roster line", "Skipped"),
    }
    context: dict[str, Any] = {
        "kept": kept,
        "run": get_class_run(class_run_id=kept.class_run_id),
        "page": paginate(request, rows, per_page=50),
        "filters": [
            {"key": key, "label": labels[key], "count": kept.count(*verdicts), "current": key == chosen}
            for key, verdicts in _FILTERS.items()
        ],
        "good": kept.count(*_GOOD),
        "fixed": kept.count(RowVerdict.FIXED),
        "faulty": kept.count(RowVerdict.FAULTY),
        "skipped": kept.count(RowVerdict.DUPLICATE, RowVerdict.ENROLLED),
        "imported": kept.count(RowVerdict.IMPORTED),
        "open": kept.state is ImportState.PREVIEW,
        "steps": _steps(1 if kept.state is ImportState.PREVIEW else 3),
        "nav_active": "classes",
    }
    return render(request, "enrolment/import.html", context)


def _row(row: Any) -> dict[str, Any]:
    words, tone, icon = desk.VERDICTS[row.verdict]
    return {
        "facts": row,
        "words": str(words),
        "tone": tone,
        "icon": icon,
        "faults": [explain(fault) for fault in row.faults],
        "bad_fields": {fault.field for fault in row.faults} if row.verdict is RowVerdict.FAULTY else set(),
        "faulty": row.verdict is RowVerdict.FAULTY,
        "tidied": row.verdict is RowVerdict.FIXED,
    }


def _steps(reached: int) -> list[dict[str, object]]:
    labels = (_("Upload the file"), _("Check and mend"), _("Tell the people"), _("Done"))
    return [
        {"label": label, "state": "done" if at < reached or reached == 3 else "now" if at == reached else ""}
        for at, label in enumerate(labels)
    ]


def _workbook(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
