"""What waits for each role: figures, lists and the one thing to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.claims import api as claims
from lms.claims.data import BatchState
from lms.completion import api as completion
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunFacts
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.oversight import api as oversight
from lms.portal.learning import hours_of, learning_of
from lms.practice import api as practice
from lms.support import api as support

_FACTS = (Role.HR, Role.PROVIDER_ADMIN)


def desk_of(*, person_id: int, roles: frozenset[str], now: datetime) -> dict[str, Any]:
    """Figures and lists for a person's desk, those of each role one after the other."""
    memberships = accounts.roles_of(person_id=person_id)
    desk: dict[str, Any] = {"figures": [], "runs": [], "sessions": [], "claims": [], "drafts": []}
    if Role.OFFICER in roles:
        _officer(desk, person_id, now)
    organisations = [item.organisation_id for item in memberships if item.role in _FACTS]
    if organisations:
        _payees(desk, organisations)
    if Role.TRAINER in roles or Role.ASSESSOR in roles:
        _staff(desk, person_id)
    if Role.BASE_STAFF in roles or Role.TRAINER in roles:
        bases = [item.organisation_id for item in memberships if item.role is Role.BASE_STAFF]
        desk["sessions"] = practice.sessions_for(
            base_ids=bases, trainer_id=person_id if Role.TRAINER in roles else None, day=local_day(now)
        )
    if Role.OPERATOR in roles:
        _operator(desk)
    return desk


def progress_of(run: ClassRunFacts, *, employer_ids: frozenset[int] | None, now: datetime) -> list[dict[str, Any]]:
    """Each person of the class with hours by kind and what is missing; only the given employers' people if any."""
    roster = [
        facts
        for facts in enrolment.roster_of(class_run_id=run.class_run_id)
        if employer_ids is None or facts.employer_id in employer_ids
    ]
    people = accounts.get_people(person_ids=[facts.learner_id for facts in roster])
    records = completion.records_of(enrolment_ids=[facts.enrolment_id for facts in roster])
    return [
        {
            "person": people[facts.learner_id],
            "enrolment_id": facts.enrolment_id,
            "hours": hours_of(learning_of(enrolment_id=facts.enrolment_id, now=now)),
            "record": records.get(facts.enrolment_id),
        }
        for facts in roster
    ]


def _officer(desk: dict[str, Any], person_id: int, now: datetime) -> None:
    totals = oversight.totals(now=now)
    desk["figures"] += [
        {"label": _("Filings to check"), "figure": str(totals.filings_waiting), "unit": "", "note": ""},
        {"label": _("Classes running"), "figure": str(totals.classes_running), "unit": "", "note": ""},
        {"label": _("People learning"), "figure": f"{totals.people_learning:,}", "unit": "", "note": ""},
        {
            "label": _("Claims to review"),
            "figure": str(totals.claims_waiting),
            "unit": "",
            "note": _("%(amount)s yuan") % {"amount": grouped_yuan(totals.claims_waiting_fen)},
        },
    ]
    desk["claims"] = claims.batches_to_review(officer_id=person_id, day=local_day(now))[:5]


def _payees(desk: dict[str, Any], organisations: list[int]) -> None:
    runs = {
        run.class_run_id: run
        for organisation_id in organisations
        for run in enrolment.class_runs_for(organisation_id=organisation_id)
    }
    batches = claims.batches_for(organisation_ids=organisations)
    drafts = [batch for batch in batches if batch.state is BatchState.DRAFT]
    desk["runs"] = list(runs.values())
    desk["drafts"] = drafts
    desk["figures"] += [
        {"label": _("Classes"), "figure": str(len(runs)), "unit": "", "note": ""},
        {
            "label": _("Ready to claim"),
            "figure": grouped_yuan(sum(batch.total_fen for batch in drafts)),
            "unit": _("yuan"),
            "note": "",
        },
        {
            "label": _("Approved"),
            "figure": grouped_yuan(sum(b.total_fen for b in batches if b.state is BatchState.APPROVED)),
            "unit": _("yuan"),
            "note": "",
        },
    ]


def _staff(desk: dict[str, Any], person_id: int) -> None:
    known = {run.class_run_id for run in desk["runs"]}
    mine = enrolment.class_runs_for(trainer_id=person_id, assessor_id=person_id)
    desk["runs"] += [run for run in mine if run.class_run_id not in known]


def _operator(desk: dict[str, Any]) -> None:
    desk["figures"].append({"label": _("Open tickets"), "figure": str(support.waiting_count()), "unit": "", "note": ""})
