"""What the pages of enrolment show, put together from facts. Reading only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from courses.api import find_courses, get_curriculum
from courses.data import CourseCard, CurriculumVersion, UnitMode, WhoPays
from lms.accounts.api import (
    get_organisations,
    get_people,
    list_organisations,
    people_with_role,
    roles_of,
)
from lms.accounts.data import OrganisationKind, Role
from lms.enrolment.access import ClassView, Hat, looked_after_by, view_of
from lms.enrolment.data import ClassRunFacts, ClassRunState, EnrolmentFacts, NotYours, PayeeKind, Refusal, RowVerdict
from lms.enrolment.facts import RUN_PARTS, class_run_facts
from lms.enrolment.filing import filings_of, judge_filing, plan_notes
from lms.enrolment.forms import DISTRICTS, PAYEE_NAMES, PROGRAMME_NAMES, ClassChoices
from lms.enrolment.models import ClassRun, RosterImport
from lms.enrolment.programmes import PROGRAMMES
from lms.enrolment.reads import get_class_run, roster_of, runs_query
from lms.enrolment.rules import last_day_to_join
from lms.enrolment.texts import explain
from lms.hours.api import limits_for, plan_totals
from lms.hours.data import Severity
from lms.lib.money import grouped_yuan
from lms.lib.periods import periods_text

STATES: dict[ClassRunState, tuple[object, str, str]] = {
    ClassRunState.DRAFT: (gettext_lazy("Draft"), "", "pencil"),
    ClassRunState.SUBMITTED: (gettext_lazy("With the officer"), "warn", "hourglass"),
    ClassRunState.RETURNED: (gettext_lazy("Returned"), "bad", "undo-2"),
    ClassRunState.FILED: (gettext_lazy("Filed, to start"), "brand", "file-check"),
    ClassRunState.RUNNING: (gettext_lazy("Running"), "ok", "play"),
    ClassRunState.TEACHING_DONE: (gettext_lazy("Teaching over"), "", "check"),
    ClassRunState.CANCELLED: (gettext_lazy("Cancelled"), "", "ban"),
}
VERDICTS: dict[RowVerdict, tuple[object, str, str]] = {
    RowVerdict.READY: (gettext_lazy("Can be imported"), "ok", "check"),
    RowVerdict.FIXED: (gettext_lazy("Tidied up"), "brand", "wand-sparkles"),
    RowVerdict.FAULTY: (gettext_lazy("To be mended"), "bad", "circle-alert"),
    RowVerdict.DUPLICATE: (gettext_lazy("Repeated, skipped"), "", "copy"),
    RowVerdict.ENROLLED: (gettext_lazy("On the roster, skipped"), "", "user-check"),
    RowVerdict.IMPORTED: (gettext_lazy("Imported"), "ok", "check-check"),
}
_FILTERS: tuple[tuple[str, object], ...] = (
    ("", gettext_lazy("All")),
    ("draft", gettext_lazy("Drafts")),
    ("submitted", gettext_lazy("With the officer")),
    ("returned", gettext_lazy("Returned")),
    ("filed", gettext_lazy("To start")),
    ("running", gettext_lazy("Running")),
    ("over", gettext_lazy("Over")),
)
_STEP_DONE, _STEP_NOW = "done", "now"


def my_runs(*, person_id: int, day: date) -> QuerySet[ClassRun]:
    """Every class run in which the person wears a hat; for an officer those of the district."""
    memberships = roles_of(person_id=person_id, day=day)
    own_districts = looked_after_by(person_id=person_id, day=day)
    if own_districts is not None:
        return runs_query(everything=True).filter(own_districts).exclude(state=ClassRunState.DRAFT)
    return runs_query(
        organisation_ids=[one.organisation_id for one in memberships if one.role in {Role.HR, Role.PROVIDER_ADMIN}],
        base_ids=[one.organisation_id for one in memberships if one.role is Role.BASE_STAFF],
        staff_ids=[person_id],
    )


def in_state(runs: QuerySet[ClassRun], state: str, day: date) -> QuerySet[ClassRun]:
    """The runs in one of the states of the filter; an unknown one filters nothing."""
    filed = Q(state=ClassRunState.FILED)
    wanted = {
        "draft": Q(state=ClassRunState.DRAFT),
        "submitted": Q(state=ClassRunState.SUBMITTED),
        "returned": Q(state=ClassRunState.RETURNED),
        "filed": filed & Q(starts_on__gt=day),
        "running": filed & Q(starts_on__lte=day, ends_on__gte=day),
        "over": (filed & Q(ends_on__lt=day)) | Q(state=ClassRunState.CANCELLED),
    }
    return runs.filter(wanted[state]) if state in wanted else runs


def filters(runs: QuerySet[ClassRun], chosen: str, day: date) -> list[dict[str, Any]]:
    """The pills above the list, each with its number."""
    return [
        {"key": key, "label": label, "count": in_state(runs, key, day).count(), "current": key == chosen}
        for key, label in _FILTERS
    ]


def with_people(runs: QuerySet[ClassRun]) -> QuerySet[ClassRun]:
    """The runs ready for `cards`."""
    people = Count("enrolments", filter=Q(enrolments__dropped_at=None), distinct=True)
    return runs.annotate(people=people).prefetch_related(*RUN_PARTS)


def cards(rows: Collection[ClassRun], day: date) -> list[dict[str, Any]]:
    """One line per class run of a page of `with_people`."""
    facts = [class_run_facts(row) for row in rows]
    organisations = get_organisations(organisation_ids={one.provider_id for one in facts})
    return [
        {
            "run": one,
            "people": getattr(row, "people", 0),
            "provider": organisations[one.provider_id].name,
            "programme": PROGRAMME_NAMES.get(one.programme_code, one.programme_code),
            "payee": PAYEE_NAMES[one.payee_kind],
            "state": state_chip(one.state_on(day)),
            "waiting_since": row.committed_at if one.state is ClassRunState.SUBMITTED else None,
        }
        for one, row in zip(facts, rows, strict=True)
    ]


def state_chip(state: ClassRunState) -> dict[str, object]:
    text, tone, icon = STATES[state]
    return {"text": str(text), "tone": tone, "icon": icon}


def class_context(run: ClassRunFacts, *, view: ClassView, day: date) -> dict[str, Any]:
    """The class page as one of its people sees it; a firm's officer sees only the firm's own people."""
    curriculum = get_curriculum(curriculum_id=run.curriculum_id)
    limits = limits_for(pack=run.hour_pack, category=run.category)
    organisation_ids = {run.provider_id, *run.employer_ids, *(one for one in (run.base_id, run.payee_id) if one)}
    organisations = get_organisations(organisation_ids=organisation_ids)
    roster = [one for one in roster_of(class_run_id=run.class_run_id) if view.may_see(one.employer_id)]
    staff = get_people(person_ids={*run.trainer_ids, *run.assessor_ids})
    filings = filings_of(class_run_id=run.class_run_id)
    state = run.state_on(day)
    return {
        "run": run,
        "view": view,
        "state": state_chip(state),
        "steps": wizard_steps(run, people=len(roster)),
        "curriculum": curriculum,
        "plan": plan_lines(curriculum),
        "plan_notes": _notes_on(run, view),
        "programme": PROGRAMME_NAMES.get(run.programme_code, run.programme_code),
        "provider": organisations[run.provider_id],
        "base": organisations.get(run.base_id) if run.base_id else None,
        "employers": [organisations[one] for one in run.employer_ids if view.may_see(one)],
        "payee": payee_words(run, organisations),
        "district": dict(DISTRICTS).get(run.district, run.district),
        "cost": grouped_yuan(run.cost_fen),
        "trainers": [staff[one].name for one in run.trainer_ids],
        "assessors": [staff[one].name for one in run.assessor_ids],
        "roster": roster_rows(roster, {key: one.name for key, one in organisations.items()}),
        "filings": filings if view.may_arrange or view.is_officer else (),
        "may_edit": view.may_arrange and run.state in {ClassRunState.DRAFT, ClassRunState.RETURNED},
        "may_enrol": view.may_arrange and _takes_people(run, day),
        "may_drop": view.may_arrange and state not in {ClassRunState.CANCELLED, ClassRunState.TEACHING_DONE},
        "may_decide": view.is_officer and run.state is ClassRunState.SUBMITTED,
        "may_cancel": view.may_arrange and state not in {ClassRunState.CANCELLED, ClassRunState.TEACHING_DONE},
        "may_archive": run.filed_on is not None and bool(view.hats & {Hat.OFFICER, Hat.PROVIDER}),
        "may_plan": view.may_arrange or Hat.TRAINER in view.hats,
        "last_to_join": last_day_to_join(run.starts_on, run.ends_on, limits.roster_add_permille),
        "open_imports": open_imports(run, view),
    }


def roster_rows(roster: Collection[EnrolmentFacts], names: dict[int, str]) -> list[dict[str, Any]]:
    """The people of a roster, numbers masked."""
    people = get_people(person_ids={one.learner_id for one in roster})
    return [
        {
            "enrolment": one,
            "name": people[one.learner_id].name,
            "masked_id": people[one.learner_id].masked_id,
            "masked_mobile": people[one.learner_id].masked_mobile,
            "level": int(people[one.learner_id].level),
            "employer": names.get(one.employer_id, "") if one.employer_id else "",
        }
        for one in roster
    ]


def plan_lines(curriculum: CurriculumVersion) -> list[dict[str, Any]]:
    """Periods of the plan by mode, with the share of each in whole percent."""
    totals = plan_totals(curriculum)
    seconds = (
        (UnitMode.VIDEO, totals.video),
        (UnitMode.LIVE, totals.live),
        (UnitMode.PRACTICE, totals.practice),
        (UnitMode.MENTORING, totals.mentoring),
    )
    return [
        {
            "mode": "online" if mode is UnitMode.VIDEO else mode.value,
            "periods": periods_text(length),
            "percent": length * 100 // totals.total,
        }
        for mode, length in seconds
        if length and totals.total
    ]


def payee_words(run: ClassRunFacts, organisations: Any) -> dict[str, Any]:
    """To whom the subsidy goes, in words people understand."""
    return {
        "kind": run.payee_kind.value,
        "words": PAYEE_NAMES[run.payee_kind],
        "name": organisations[run.payee_id].name if run.payee_id in organisations else "",
        "each_firm": run.payee_kind is PayeeKind.ENTERPRISE and run.payee_id is None,
    }


def wizard_steps(run: ClassRunFacts | None, *, people: int) -> list[dict[str, object]]:
    """The way to a filed class: describe, add people, file, accepted."""
    labels = (gettext_lazy("Plan"), gettext_lazy("Roster"), gettext_lazy("Check and file"), gettext_lazy("Accepted"))
    reached = 0
    if run is not None:
        needs_people = PROGRAMMES[run.programme_code].employers
        reached = 2 if people or not needs_people else 1
        reached = {ClassRunState.SUBMITTED: 3, ClassRunState.FILED: 4}.get(run.state, reached)
    return [
        {"label": label, "state": _STEP_DONE if at < reached else _STEP_NOW if at == reached else ""}
        for at, label in enumerate(labels)
    ]


def filing_checks(run: ClassRunFacts, day: date) -> dict[str, Any]:
    """What is missing for filing on that day, in words."""
    missing = judge_filing(class_run_id=run.class_run_id, day=day)
    notes = [_plan_note(one) for one in plan_notes(class_run_id=run.class_run_id)]
    return {
        "missing": [_condition(one, run) for one in missing],
        "advice": [one for one in notes if not one["refuses"]],
        "may_submit": not missing,
    }


def course_choices(*, person_id: int, day: date, text: str) -> list[CourseCard]:
    """Courses from which the person may make a class: the provider's own, or for a firm those that firms pay for."""
    memberships = roles_of(person_id=person_id, day=day)
    providers = {one.organisation_id for one in memberships if one.role is Role.PROVIDER_ADMIN}
    is_hr = any(one.role is Role.HR for one in memberships)
    if not providers and not is_hr:
        raise NotYours(person_id)
    return [
        card
        for card in find_courses(text=text, limit=200)
        if card.provider_id in providers or (is_hr and WhoPays.FIRM in card.who_pays)
    ]


def class_choices(*, curriculum_id: int, provider_id: int, person_id: int, day: date) -> ClassChoices:
    """What a class of this curriculum may be made of. Raises NotYours for people who may not make one."""
    memberships = roles_of(person_id=person_id, day=day)
    arranges = any(one.role is Role.PROVIDER_ADMIN and one.organisation_id == provider_id for one in memberships)
    firms = [one.organisation_id for one in memberships if one.role is Role.HR]
    if not arranges and not firms:
        raise NotYours(person_id)
    bodies = (provider_id, *(one.organisation_id for one in list_organisations(kind=OrganisationKind.ASSESSMENT_BODY)))
    assessors = {
        one.person_id: one.name
        for body in bodies
        for one in people_with_role(organisation_id=body, role=Role.ASSESSOR, day=day)
    }
    return ClassChoices(
        curriculum_id=curriculum_id,
        provider_id=provider_id,
        bases={one.organisation_id: one.name for one in list_organisations(kind=OrganisationKind.BASE)},
        trainers={
            one.person_id: one.name for one in people_with_role(organisation_id=provider_id, role=Role.TRAINER, day=day)
        },
        assessors=assessors,
        fixed_employer_id=None if arranges else firms[0],
    )


def arranged_employers(run: ClassRunFacts, *, person_id: int, day: date) -> dict[int, str]:
    """The firms whose people the person may put on the roster. Raises NotYours where he may put nobody."""
    view = view_of(run, person_id=person_id, day=day)
    if not view.may_arrange:
        raise NotYours(run.class_run_id)
    mine = [one for one in run.employer_ids if Hat.PROVIDER in view.hats or one in view.employer_ids]
    return {key: one.name for key, one in get_organisations(organisation_ids=mine).items()}


def open_imports(run: ClassRunFacts, view: ClassView) -> list[RosterImport]:
    """Roster files that were judged and wait for confirmation."""
    if not view.may_arrange:
        return []
    waiting = RosterImport.objects.filter(class_run_id=run.class_run_id, state="preview").order_by("-uploaded_at")
    everybody = Hat.PROVIDER in view.hats
    return [one for one in waiting if everybody or one.employer_id in view.employer_ids][:5]


def run_for(class_run_id: int, *, person_id: int, day: date) -> tuple[ClassRunFacts, ClassView]:
    """The class run and the person's view of it. Raises NotYours."""
    run = get_class_run(class_run_id=class_run_id)
    return run, view_of(run, person_id=person_id, day=day)


def _takes_people(run: ClassRunFacts, day: date) -> bool:
    return run.state_on(day) in {
        ClassRunState.DRAFT,
        ClassRunState.RETURNED,
        ClassRunState.FILED,
        ClassRunState.RUNNING,
    }


def _notes_on(run: ClassRunFacts, view: ClassView) -> list[dict[str, Any]]:
    """What the hour rules say of the plan while it can still be mended or is being judged."""
    open_states = {ClassRunState.DRAFT, ClassRunState.RETURNED, ClassRunState.SUBMITTED}
    if run.state not in open_states or not (view.may_arrange or view.is_officer):
        return []
    return [_plan_note(one) for one in plan_notes(class_run_id=run.class_run_id)]


def _plan_note(refusal: Refusal) -> dict[str, Any]:
    words = explain(refusal)
    refuses = refusal.params["severity"] == Severity.REFUSE
    return {"title": words.text, "detail": words.fix, "code": words.rule, "refuses": refuses}


def _condition(refusal: Refusal, run: ClassRunFacts) -> dict[str, Any]:
    words = explain(refusal)
    fixed_by_roster = refusal.field == "roster"
    return {"title": words.text, "detail": words.fix, "code": words.rule, "on_roster": fixed_by_roster, "run": run}
