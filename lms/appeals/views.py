"""Appeals: the learner's form and list, one appeal with all that was said, and the queue of those who answer."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import api as courses
from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.appeals import api, rules, words
from lms.appeals.data import WAITING_STATES, AppealFacts, AppealNotFound, AppealState, UnableToAppeal
from lms.enrolment import api as enrolment
from lms.evidence import api as evidence
from lms.ledger.data import Outcome
from lms.lib.localday import local_day
from lms.web.api import paginate, person_id_of, person_required, rate_limited, roles_required
from lms.web.data import PageOfItems
from media.api import StoreUnreachable

_PILLS = (
    ("waiting", gettext_lazy("Waiting for an answer"), WAITING_STATES),
    ("open", gettext_lazy("May still go on"), (AppealState.ANSWERED,)),
    ("closed", gettext_lazy("Closed"), (AppealState.UPHELD, AppealState.REFUSED)),
)


@never_cache
@person_required
@rate_limited("appeals.lodge", "20/h")
@require_http_methods(["GET", "HEAD", "POST"])
def lodge_page(request: HttpRequest, enrolment_id: int, seq: int) -> HttpResponse:
    """The form of one refused stretch. Where an appeal stands already, that one is shown."""
    me, now, error = person_id_of(request), timezone.now(), ""
    try:
        stretch, until = api.appealable(learner_id=me, enrolment_id=enrolment_id, seq=seq, now=now)
    except AppealNotFound as gone:
        raise Http404 from gone
    except UnableToAppeal as refused:
        messages.warning(request, words.refusal_text(refused))
        return redirect("portal:statement", enrolment_id=enrolment_id)
    known = api.appeal_against(learner_id=me, seqs=stretch.seqs)
    if known is None and request.method == "POST":
        try:
            known = _lodge(request, me, enrolment_id, seq, now)
            messages.success(request, _("Your appeal is with the provider. You hear by message what is answered."))
        except UnableToAppeal as refused:
            error = words.refusal_text(refused)
        except StoreUnreachable:
            error = _("The file can't be kept just now. Send the appeal without it, or try again in a minute.")
    if known is not None:
        return redirect("appeals:appeal", appeal_id=known.appeal_id)
    context = {
        "stretch": stretch,
        "length": words.length_text(stretch.seconds),
        "title": _unit_title(enrolment_id, stretch.unit_key),
        "why": evidence.explain_reason(reason=stretch.reason),
        "until": until,
        "error": error,
        "typed": request.POST.get("words", ""),
        "most": rules.LONGEST_WORDS,
        "back_url": f"/statement/{enrolment_id}/",
        "active_tab": "me",
    }
    return render(request, "appeals/lodge.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


@never_cache
@person_required
@require_safe
def mine_page(request: HttpRequest) -> HttpResponse:
    """The learner's own appeals."""
    now = timezone.now()
    page = paginate(request, [_row(one, now) for one in api.appeals_of(learner_id=person_id_of(request))])
    return render(request, "appeals/mine.html", {"page": page, "active_tab": "me", "back_url": "/accounts/me/"})


@never_cache
@roles_required(Role.PROVIDER_ADMIN, Role.OFFICER)
@require_safe
def queue_page(request: HttpRequest) -> HttpResponse:
    """Appeals within reach, what is due first on top; late ones are marked."""
    now, me = timezone.now(), person_id_of(request)
    day = local_day(now)
    chosen = next((pill for pill in _PILLS if pill[0] == request.GET.get("state")), _PILLS[0])
    page = paginate(request, api.queue_of(person_id=me, states=chosen[2], day=day))
    waiting, late = api.waiting_count(person_id=me, states=WAITING_STATES, day=day)
    rows = [_row(one, now) for one in api.queue_facts(page.items)]
    people = accounts.get_people(person_ids={row["appeal"].learner_id for row in rows})
    for row in rows:
        row["name"] = people[row["appeal"].learner_id].name
    context = {
        "page": PageOfItems(items=rows, number=page.number, pages=page.pages, total=page.total, per_page=page.per_page),
        "pills": [(key, label) for key, label, _states in _PILLS],
        "state": chosen[0],
        "waiting": waiting,
        "late": late,
        "nav_active": "appeals",
    }
    return render(request, "appeals/queue.html", context)


@never_cache
@person_required
@require_safe
def appeal_page(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """One appeal, for its learner and for those who answer it."""
    return _page(request, appeal_id, error="")


@never_cache
@person_required
@rate_limited("appeals.answer", "60/h")
@require_POST
def answer(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """The answer of the step that runs."""
    _require(request, appeal_id, own=False)
    try:
        api.answer_appeal(
            appeal_id=appeal_id,
            author_id=person_id_of(request),
            upheld=_verdict(request),
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except AppealNotFound as gone:
        raise Http404 from gone
    except UnableToAppeal as refused:
        return _page(request, appeal_id, error=words.refusal_text(refused))
    messages.success(request, _("The answer is sealed and the learner is told."))
    return redirect("appeals:appeal", appeal_id=appeal_id)


@never_cache
@person_required
@rate_limited("appeals.go_on", "20/h")
@require_POST
def go_on(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """The learner takes the provider's no to the authority."""
    _require(request, appeal_id, own=True)
    try:
        api.go_on(
            appeal_id=appeal_id,
            learner_id=person_id_of(request),
            words=request.POST.get("words", ""),
            now=timezone.now(),
        )
    except AppealNotFound as gone:
        raise Http404 from gone
    except UnableToAppeal as refused:
        return _page(request, appeal_id, error=words.refusal_text(refused))
    messages.success(request, _("The authority has your appeal now."))
    return redirect("appeals:appeal", appeal_id=appeal_id)


@never_cache
@person_required
@require_safe
def file(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """The file that went along, to keep, never to be run in the page."""
    try:
        appeal, content = api.file_of(appeal_id=appeal_id, person_id=person_id_of(request), now=timezone.now())
    except AppealNotFound as gone:
        raise Http404 from gone
    kind = appeal.file.content_type if appeal.file else ""
    response = HttpResponse(content, content_type=kind)
    suffix = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[kind]
    response["Content-Disposition"] = f'attachment; filename="{appeal.number}.{suffix}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lodge(request: HttpRequest, me: int, enrolment_id: int, seq: int, now: datetime) -> AppealFacts:
    upload = request.FILES.get("file")
    if upload is not None and (upload.size or 0) > rules.LARGEST_FILE:
        raise UnableToAppeal("file_too_large", most=rules.LARGEST_FILE >> 20)
    return api.lodge_appeal(
        learner_id=me,
        enrolment_id=enrolment_id,
        seq=seq,
        words=request.POST.get("words", ""),
        file=upload.read() if upload is not None else None,
        file_name=(upload.name or "") if upload is not None else "",
        now=now,
    )


def _require(request: HttpRequest, appeal_id: int, *, own: bool) -> None:
    """Raises Http404 unless the appeal is the person's own, or is one that the person only answers."""
    try:
        _, view = api.get_appeal(appeal_id=appeal_id, person_id=person_id_of(request), now=timezone.now())
    except AppealNotFound as gone:
        raise Http404 from gone
    if view.own is not own:
        raise Http404


def _page(request: HttpRequest, appeal_id: int, *, error: str) -> HttpResponse:
    now, me = timezone.now(), person_id_of(request)
    try:
        appeal, view = api.get_appeal(appeal_id=appeal_id, person_id=me, now=now)
    except AppealNotFound as gone:
        raise Http404 from gone
    authors = accounts.get_people(person_ids={one.author_id for one in appeal.answers})
    context = {
        **_row(appeal, now),
        "view": view,
        "why": evidence.explain_reason(reason=appeal.reason),
        "steps": _steps(appeal),
        "history": _history(appeal, {key: person.name for key, person in authors.items()}),
        "name": accounts.get_person(person_id=appeal.learner_id).name,
        "class_title": enrolment.get_class_run(class_run_id=appeal.class_run_id).title,
        "error": error,
        "typed": request.POST.get("reason", request.POST.get("words", "")),
        "upheld": request.POST.get("verdict", ""),
        "most": rules.LONGEST_WORDS,
        "shell": "shell/phone.html" if view.own else "shell/desk.html",
        "back_url": "/appeals/mine/",
        "active_tab": "me",
        "nav_active": "appeals",
    }
    return render(request, "appeals/appeal.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


def _verdict(request: HttpRequest) -> bool:
    verdict = request.POST.get("verdict")
    if verdict not in {"upheld", "refused"}:
        raise UnableToAppeal("verdict_missing")
    return verdict == "upheld"


def _row(appeal: AppealFacts, now: datetime) -> dict[str, Any]:
    today = local_day(now)
    return {
        "appeal": appeal,
        "title": _unit_title(appeal.enrolment_id, appeal.unit_key),
        "reason": evidence.explain_reason(reason=appeal.reason).title,
        "taken_back": appeal.outcome is Outcome.TAKEN_BACK,
        "state": words.state_words(appeal.state),
        "late": appeal.late_on(today),
        "days_left": (appeal.due_on - today).days if appeal.due_on else 0,
        "length": words.length_text(appeal.seconds),
    }


def _unit_title(enrolment_id: int, unit_key: str) -> str:
    plan = courses.get_curriculum(curriculum_id=enrolment.get_enrolment(enrolment_id=enrolment_id).curriculum_id)
    return next((unit.title for unit in plan.units if unit.unit_key == unit_key), unit_key)


def _steps(appeal: AppealFacts) -> list[dict[str, Any]]:
    """Learner, provider, authority, answer: where the appeal stands."""
    at_authority = appeal.state is AppealState.AUTHORITY or any(one.step == "authority" for one in appeal.answers)
    closed = appeal.closed_at is not None
    return [
        {"label": _("Lodged"), "state": "done", "on": f"{local_day(appeal.lodged_at):%m-%d}"},
        {"label": _("Provider"), "state": "now" if appeal.state is AppealState.PROVIDER else "done"},
        {"label": _("Authority"), "state": "now" if at_authority and not closed else "done" if at_authority else ""},
        {"label": _("Answer"), "state": "done" if closed else ""},
    ]


def _history(appeal: AppealFacts, names: dict[int, str]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [
        {"at": move.at, "text": words.move_text(move.kind), "said": _said(appeal, move.kind)} for move in appeal.moves
    ]
    told += [
        {
            "at": one.at,
            "text": words.step_text(one.step),
            "upheld": one.upheld,
            "answer": True,
            "said": one.reason,
            "who": names.get(one.author_id, ""),
            "number": one.number,
            "hash": one.answer_hash,
        }
        for one in appeal.answers
    ]
    return sorted(told, key=lambda item: item["at"])


def _said(appeal: AppealFacts, kind: str) -> str:
    return {"lodged": appeal.words, "went_on": appeal.onward}.get(kind, "")
