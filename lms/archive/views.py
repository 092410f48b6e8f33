"""The page of a class's archive, and what an auditor needs besides: our public keys and the verifier."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.archive import api, texts
from lms.archive.data import ExportFacts, ExportState, UnableToArchive
from lms.db.api import public_keys
from lms.enrolment.data import ClassRunFacts, NotYours
from lms.web.api import paginate, person_id_of, person_required

PER_PAGE = 20
VERIFIER = Path(__file__).resolve().parents[2] / "docs" / "verifier" / "verify_archive.py"
_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before the 32 bytes of an Ed25519 key
_TONES = {
    ExportState.QUEUED: ("warn", "hourglass"),
    ExportState.BUILDING: ("brand", "loader"),
    ExportState.READY: ("ok", "circle-check"),
    ExportState.FAILED: ("bad", "circle-x"),
}


@require_http_methods(["GET", "POST"])
@person_required
def page(request: HttpRequest, class_run_id: int) -> HttpResponse:
    """The archives of one class and the form that asks for another; for the poll only the list."""
    now, person_id = timezone.now(), person_id_of(request)
    run = _run(class_run_id, person_id, now)
    if request.method == "POST":
        purpose = request.POST.get("purpose", "")
        try:
            api.request_export(class_run_id=class_run_id, person_id=person_id, purpose=purpose, now=now)
        except UnableToArchive as error:
            messages.error(request, error.text)
        return redirect("archive:class", class_run_id)
    template = "archive/rows.html" if request.headers.get("HX-Request") else "archive/class.html"
    return render(request, template, _context(request, run))


@require_POST
@person_required
def download(request: HttpRequest, class_run_id: int, export_id: int) -> HttpResponse:
    """A page with a link that saves the archive; who asked and why stands in the audit log."""
    now, person_id = timezone.now(), person_id_of(request)
    purpose = request.POST.get("purpose", "")
    run = _run(class_run_id, person_id, now)
    try:
        export, url = api.sign_download(run=run, export_id=export_id, person_id=person_id, purpose=purpose, now=now)
    except NotYours as error:
        raise Http404 from error
    except UnableToArchive as error:
        messages.error(request, error.text)
        return redirect("archive:class", class_run_id)
    context = {"run": run, "row": _row(export), "url": url, "crumbs": _crumbs(run), "nav_active": "classes"}
    answer = render(request, "archive/download.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_GET
def keys(_request: HttpRequest) -> HttpResponse:
    """The platform's Ed25519 public keys as PEM, old ones too: anybody may have them."""
    blocks = [base64.b64encode(_SPKI + bytes.fromhex(key)).decode() for key in public_keys().values()]
    text = "".join(f"-----BEGIN PUBLIC KEY-----\n{block}\n-----END PUBLIC KEY-----\n" for block in blocks)
    return HttpResponse(text, content_type="application/x-pem-file")


@require_GET
def verifier(_request: HttpRequest) -> FileResponse:
    """The program with which anybody can check an archive without us."""
    return FileResponse(VERIFIER.open("rb"), as_attachment=True, filename=VERIFIER.name, content_type="text/x-python")


def _run(class_run_id: int, person_id: int, now: datetime) -> ClassRunFacts:
    try:
        return api.run_for(class_run_id=class_run_id, person_id=person_id, now=now)
    except NotYours as error:
        raise Http404 from error


def _context(request: HttpRequest, run: ClassRunFacts) -> dict[str, Any]:
    shown = paginate(request, api.exports_of(class_run_id=run.class_run_id), per_page=PER_PAGE)
    rows = [_row(export) for export in shown.items]
    busy = any(row["busy"] for row in rows)
    return {
        "run": run,
        "page": shown,
        "rows": rows,
        "busy": busy,
        "crumbs": _crumbs(run),
        "nav_active": "classes",
    }


def _crumbs(run: ClassRunFacts) -> list[dict[str, object]]:
    return [
        {"label": _("Classes"), "href": "/classes/"},
        {"label": run.title, "href": f"/classes/{run.class_run_id}/"},
        {"label": _("Class archive")},
    ]


def _row(export: ExportFacts) -> dict[str, Any]:
    tone, icon = _TONES[export.state]
    return {
        "export": export,
        "state": export.state.value,
        "state_text": texts.state_text(export.state),
        "tone": tone,
        "icon": icon,
        "busy": export.under_way,
    }
