from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.enrolment import api as enrolment
from lms.oversight import api
from lms.oversight.data import FlagFacts, FlagNotFound, FlagState, FlagVerdict, UnableToDecide
from lms.oversight.words import REFUSALS, STATE_TONES, STATE_WORDS, SUBJECT_WORDS, WORDS, in_words
from lms.web.api import paginate, person_id_of, roles_required


@require_GET
@roles_required(Role.OFFICER)
def flags(request: HttpRequest) -> HttpResponse:
    """The flags of the officer's district, and how often people agreed with each rule."""
    wanted = request.GET.get("state", "")
    state = FlagState(wanted) if wanted in list(FlagState) else FlagState.OPEN
    rule = request.GET.get("rule", "")
    rule = rule if rule in WORDS else ""
    rows = api.flags_for_officer(officer_id=person_id_of(request), now=timezone.now(), state=state, rule=rule)
    page = paginate(request, rows)
    context = {
        "page": page,
        "rows": _rows([api.facts_of(row) for row in page.items]),
        "state": state.value,
        "rule": rule,
        "states": [(one.value, STATE_WORDS[one]) for one in FlagState],
        "rules": sorted(((code, words.title) for code, words in WORDS.items()), key=lambda item: str(item[1])),
        "shares": [(WORDS[share.rule].title, share) for share in api.rule_shares() if share.decided],
        "nav_active": "flags",
    }
    return render(request, "oversight/flags.html", context)


@require_GET
@roles_required(Role.OFFICER)
def flag(request: HttpRequest, flag_id: int) -> HttpResponse:
    """One flag: what was seen, what it may mean, what else it may be, and what was decided."""
    facts, verdicts = _own(request, flag_id)
    words = WORDS[facts.rule]
    share = next(share for share in api.rule_shares() if share.rule == facts.rule)
    context = {
        **_rows([facts])[0],
        "seen": in_words(facts.rule, facts.figures),
        "means": words.means,
        "honest": words.honest,
        "share": share,
        "verdicts": _decided(verdicts),
        "outcomes": [
            (FlagState.CLEARED.value, _("Cleared: there is an honest explanation")),
            (FlagState.CONFIRMED.value, _("Confirmed: this needs consequences")),
        ],
        "nav_active": "flags",
    }
    return render(request, "oversight/flag.html", context)


@require_POST
@roles_required(Role.OFFICER)
def decide(request: HttpRequest, flag_id: int) -> HttpResponse:
    """An officer clears or confirms the flag."""
    _own(request, flag_id)
    wanted = request.POST.get("outcome", "")
    outcome = FlagState(wanted) if wanted in list(FlagState) else FlagState.OPEN
    try:
        api.decide_flag(
            flag_id=flag_id,
            officer_id=person_id_of(request),
            outcome=outcome,
            reason=request.POST.get("reason", "")[:500],
            now=timezone.now(),
        )
    except UnableToDecide as error:
        messages.error(request, REFUSALS[error.code])
    else:
        messages.success(request, _("Your decision is on record."))
    return redirect("oversight:flag", flag_id=flag_id)


def _own(request: HttpRequest, flag_id: int) -> tuple[FlagFacts, tuple[FlagVerdict, ...]]:
    try:
        return api.get_flag(flag_id=flag_id, officer_id=person_id_of(request), now=timezone.now())
    except FlagNotFound as error:
        raise Http404 from error


def _rows(found: list[FlagFacts]) -> list[dict[str, Any]]:
    runs = enrolment.get_class_runs(class_run_ids={facts.class_run_id for facts in found})
    people = accounts.get_people(person_ids={facts.learner_id for facts in found if facts.learner_id})
    return [
        {
            "flag": facts,
            "title": WORDS[facts.rule].title,
            "about": SUBJECT_WORDS[facts.subject_kind],
            "class_title": runs[facts.class_run_id].title,
            "person": people.get(facts.learner_id) if facts.learner_id else None,
            "state_label": STATE_WORDS[facts.state],
            "tone": STATE_TONES[facts.state],
        }
        for facts in found
    ]


def _decided(verdicts: tuple[FlagVerdict, ...]) -> list[dict[str, Any]]:
    people = accounts.get_people(person_ids={verdict.decided_by for verdict in verdicts})
    return [
        {
            "verdict": verdict,
            "label": STATE_WORDS[verdict.state],
            "tone": STATE_TONES[verdict.state],
            "who": people[verdict.decided_by].name,
        }
        for verdict in verdicts
    ]
