"""What waits for each role: figures, lists and the one thing to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from courses import api as courses
from lms.accounts import api as accounts
from lms.accounts.data import Role
from lms.assessment import api as assessment
from lms.claims import api as claims
from lms.claims.data import BatchState, ClaimBatchFacts
from lms.completion import api as completion
from lms.enrolment import api as enrolment
from lms.enrolment.data import ClassRunFacts
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan
from lms.oversight import api as oversight
from lms.portal.learning import hours_of, learning_in, still_open, units_of
from lms.practice import api as practice
from lms.support import api as support

_FACTS = (Role.HR, Role.PROVIDER_ADMIN)
_MOST_RUNS = 10


def desk_of(*, person_id: int, roles: frozenset[str], now: datetime) -> dict[str, Any]:
    """Figures and lists for a person's desk, those of each role one after the other."""
    memberships = accounts.roles_of(person_id=person_id)
    desk: dict[str, Any] = {"figures": [], "runs": [], "sessions": [], "claims": [], "drafts": [], "exams": []}
    if Role.OFFICER in roles:
        _officer(desk, person_id, now)
    organisations = [item.organisation_id for item in memberships if item.role in _FACTS]
    if organisations:
        _payees(desk, organisations)
    if Role.TRAINER in roles or Role.ASSESSOR in roles:
        _staff(desk, person_id)
    if Role.ASSESSOR in roles:
        _exams(desk, person_id)
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
    plans = {key: courses.get_curriculum(curriculum_id=key) for key in {facts.curriculum_id for facts in roster}}
    found = []
    for facts in roster:
        learning = learning_in(facts, run=run, curriculum=plans[facts.curriculum_id], now=now)
        record = records.get(facts.enrolment_id)
        found.append(
            {
                "person": people[facts.learner_id],
                "enrolment_id": facts.enrolment_id,
                "hours": hours_of(learning),
                "open": "" if record else still_open(units_of(learning)),
                "record": record,
            }
        )
    return found


def _figure(label: str, figure: str, *, href: str, unit: str = "", note: str = "") -> dict[str, str]:
    return {"label": label, "figure": figure, "unit": unit, "note": note, "href": href}


def _officer(desk: dict[str, Any], person_id: int, now: datetime) -> None:
    totals = oversight.totals(now=now)
    waiting = _("%(amount)s yuan") % {"amount": grouped_yuan(totals.claims_waiting_fen)}
    desk["figures"] += [
        _figure(_("Filings to check"), str(totals.filings_waiting), href="/classes/filings/"),
        _figure(_("Classes running"), str(totals.classes_running), href="/classes/"),
        _figure(_("People learning"), f"{totals.people_learning:,}", href="/classes/"),
        _figure(_("Claims to review"), str(totals.claims_waiting), href="/claims/review/", note=waiting),
        _figure(
            _("Approved"),
            grouped_yuan(totals.claims_approved_fen),
            unit=_("yuan"),
            href="/claims/review/?show=decided",
        ),
    ]
    day = local_day(now)
    desk["runs"] = list(enrolment.running_class_runs_of_officer(officer_id=person_id, day=day, limit=_MOST_RUNS))
    desk["claims"] = [_batch(batch) for batch in claims.batches_to_review(officer_id=person_id, day=day)[:5]]


def _payees(desk: dict[str, Any], organisations: list[int]) -> None:
    runs = {
        run.class_run_id: run
        for organisation_id in organisations
        for run in enrolment.class_runs_for(organisation_id=organisation_id)
    }
    batches = claims.batches_for(organisation_ids=organisations)
    drafts = [batch for batch in batches if batch.state is BatchState.DRAFT]
    desk["runs"] += [run for run in runs.values() if run not in desk["runs"]]
    desk["drafts"] = [_batch(batch) for batch in drafts]
    sums = [
        (_("Ready to claim"), BatchState.DRAFT),
        (_("Being reviewed"), BatchState.SUBMITTED),
        (_("Approved"), BatchState.APPROVED),
    ]
    desk["figures"] += [_figure(_("Classes"), str(len(runs)), href="/classes/")] + [
        _figure(
            label,
            grouped_yuan(sum(batch.total_fen for batch in batches if batch.state is state)),
            unit=_("yuan"),
            href="/claims/",
        )
        for label, state in sums
    ]


def _batch(batch: ClaimBatchFacts) -> dict[str, Any]:
    return {
        "number": batch.number,
        "amount": grouped_yuan(batch.total_fen),
        "submitted_at": batch.submitted_at,
        "line_count": batch.line_count,
    }


def _staff(desk: dict[str, Any], person_id: int) -> None:
    known = {run.class_run_id for run in desk["runs"]}
    mine = enrolment.class_runs_for(trainer_id=person_id, assessor_id=person_id)
    desk["runs"] += [run for run in mine if run.class_run_id not in known]


def _exams(desk: dict[str, Any], person_id: int) -> None:
    """Exams of an assessor, those with unmarked people first."""
    found = []
    for exam in assessment.exams_for(assessor_id=person_id):
        candidates = assessment.candidates_of(exam_id=exam.exam_id)
        found.append(
            {
                "exam_id": exam.exam_id,
                "title": exam.title,
                "held_on": exam.held_on,
                "run_title": enrolment.get_class_run(class_run_id=exam.class_run_id).title,
                "waiting": sum(candidate.mark is None for candidate in candidates),
            }
        )
    desk["exams"] = sorted(found, key=lambda exam: not exam["waiting"])[:5]


def _operator(desk: dict[str, Any]) -> None:
    desk["figures"].append(_figure(_("Open tickets"), str(support.waiting_count()), href="/help/desk/"))
