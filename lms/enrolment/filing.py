"""Class filing (开班备案): a sealed version goes in, an officer accepts it or returns it with a reason."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from courses.api import get_curriculum
from courses.data import CurriculumVersion
from lms.accounts.api import commit_all, get_organisations, get_people, record_audit
from lms.enrolment import rules
from lms.enrolment.access import duties_of, require_arranger, require_officer
from lms.enrolment.class_runs import judge_duties, judge_parties
from lms.enrolment.data import ClassRunFacts, ClassRunState, FilingFacts, Refusal, UnableToFile, Verdict
from lms.enrolment.enrolling import tell_enrolled
from lms.enrolment.facts import class_run_facts, filing_facts
from lms.enrolment.filing_content import filing_content, personal_value
from lms.enrolment.locks import lock_class_run
from lms.enrolment.models import ClassRun, FilingVerdict, FilingVersion
from lms.enrolment.programmes import PROGRAMMES
from lms.hours.api import judge_media, judge_plan, limits_for, plan_totals
from lms.hours.data import PlanVerdict, Severity
from lms.lib.canonical import digest
from lms.lib.localday import local_day

_MAY_SUBMIT = (ClassRunState.DRAFT, ClassRunState.RETURNED)


def judge_filing(*, class_run_id: int, day: date, committed: bool = True) -> tuple[Refusal, ...]:
    """Everything that stands in the way of filing the class on that day; empty when it may go in. Stores nothing."""
    run = ClassRun.objects.get(pk=class_run_id)
    return _judge(class_run_facts(run), people=_people_on(run), day=day, committed=committed)


def plan_notes(*, class_run_id: int) -> tuple[Refusal, ...]:
    """What the hour rules have against the class's plan as its videos lie packaged now, advice included: the same
    notes for those who file and for the officer. Stores nothing."""
    run = ClassRun.objects.get(pk=class_run_id)
    verdicts = _plan_verdicts(class_run_facts(run), get_curriculum(curriculum_id=run.curriculum_id), _people_on(run))
    return tuple(_plan_refusal(one, run.hour_pack) for one in verdicts)


def submit_filing(*, class_run_id: int, actor_id: int, commitment: bool, now: datetime) -> FilingFacts:
    """The class is submitted: a sealed version waits for an officer. Raises UnableToFile with every rule, NotYours.

    `commitment` is the signed commitment letter (告知承诺书); without it nothing goes in.
    """
    day = local_day(now)
    with transaction.atomic():
        run = lock_class_run(class_run_id)
        require_arranger(class_run_facts(run), person_id=actor_id, day=day)
        if run.state not in _MAY_SUBMIT:
            raise UnableToFile(Refusal(code=f"already_{run.state}", params={"number": run.number}))
        refusals = _judge(class_run_facts(run), people=_people_on(run), day=day, committed=commitment)
        if refusals:
            raise UnableToFile(*refusals)
        run.state = ClassRunState.SUBMITTED
        run.committed_at, run.committed_by_id = now, actor_id
        run.save(update_fields=["state", "committed_at", "committed_by"])
        filing = _seal(run, actor_id=actor_id, now=now)
        record_audit(
            actor_id=actor_id,
            action="submit_filing",
            object_kind="class_run",
            object_id=run.pk,
            now=now,
            detail={"version": filing.version, "digest": filing.digest},
        )
    return filing_facts(filing)


def accept_filing(
    *, class_run_id: int, officer_id: int, now: datetime, reason: str = "", business_fit: bool | None = None
) -> FilingFacts:
    """The class is filed on the day of `now`; learning counts from its first day. Raises UnableToFile, NotYours.

    The dates are judged again on this day: a filing that lay too long may no longer start in time (GEN-04). So are
    the videos: what was packaged when the filing went in must still be there.
    `business_fit` is the reviewer's tick that the project fits the firm's main business (EO-03).
    """
    day = local_day(now)
    with transaction.atomic():
        run = _open_filing(class_run_id, officer_id, day)
        facts = class_run_facts(run)
        limits = limits_for(pack=run.hour_pack, category=run.category)
        refusals = (
            *rules.judge_filing_dates(run.starts_on, run.ends_on, day, limits),
            *judge_parties(
                provider_id=run.provider_id, base_id=run.base_id, employer_ids=facts.employer_ids, sound=True
            ),
            *_media_refusals(run),
        )
        if refusals:
            raise UnableToFile(*refusals)
        filing = _answer(run, Verdict.ACCEPTED, officer_id, reason, business_fit, now)
        run.state, run.filed_on, run.business_fit = ClassRunState.FILED, day, business_fit
        run.save(update_fields=["state", "filed_on", "business_fit"])
        for row in run.enrolments.filter(dropped_at=None).order_by("pk"):
            tell_enrolled(class_run_facts(run), row, now=now)
    return filing_facts(filing)


def return_filing(*, class_run_id: int, officer_id: int, reason: str, now: datetime) -> FilingFacts:
    """The filing goes back with a reason; it may be mended and submitted again. Raises UnableToFile, NotYours."""
    if not reason.strip():
        raise UnableToFile(Refusal(code="reason_missing", field="reason"))
    with transaction.atomic():
        run = _open_filing(class_run_id, officer_id, local_day(now))
        filing = _answer(run, Verdict.RETURNED, officer_id, reason, None, now)
        run.state = ClassRunState.RETURNED
        run.committed_at, run.committed_by_id = None, None
        run.save(update_fields=["state", "committed_at", "committed_by"])
    return filing_facts(filing)


def filings_of(*, class_run_id: int) -> tuple[FilingFacts, ...]:
    """Every sealed version of the class's filing, newest first."""
    rows = FilingVersion.objects.filter(class_run_id=class_run_id).select_related("answer").order_by("-version")
    return tuple(filing_facts(row) for row in rows)


def _judge(run: ClassRunFacts, *, people: int, day: date, committed: bool) -> tuple[Refusal, ...]:
    programme = PROGRAMMES[run.programme_code]
    curriculum = get_curriculum(curriculum_id=run.curriculum_id)
    limits = limits_for(pack=run.hour_pack, category=run.category)
    plan = _plan_verdicts(run, curriculum, people)
    missing = rules.judge_completeness(run, curriculum, limits, people=people)
    return (
        *rules.judge_filing_dates(run.starts_on, run.ends_on, day, limits),
        *rules.judge_payee(
            programme,
            run.payee_kind,
            provider_id=run.provider_id,
            employer_ids=run.employer_ids,
            payee_id=run.payee_id,
        ),
        *rules.judge_agreement(
            programme, agreement_on=run.agreement_on, agreement_ref=run.agreement_ref, filing_on=day
        ),
        *judge_duties(duties_of(run), day=day),
        *judge_parties(provider_id=run.provider_id, base_id=run.base_id, employer_ids=run.employer_ids, sound=True),
        *(item for item in missing if item.code != "no_commitment"),
        *(() if committed else (Refusal(code="no_commitment", field="commitment"),)),
        *(_plan_refusal(one, run.hour_pack) for one in plan if one.severity is Severity.REFUSE),
    )


def _plan_verdicts(run: ClassRunFacts, curriculum: CurriculumVersion, people: int) -> tuple[PlanVerdict, ...]:
    return (
        *judge_plan(curriculum=curriculum, pack=run.hour_pack, category=run.category, people=people),
        *judge_media(curriculum=curriculum, pack=run.hour_pack, category=run.category),
    )


def _media_refusals(run: ClassRun) -> tuple[Refusal, ...]:
    curriculum = get_curriculum(curriculum_id=run.curriculum_id)
    verdicts = judge_media(curriculum=curriculum, pack=run.hour_pack, category=run.category)
    return tuple(_plan_refusal(one, run.hour_pack) for one in verdicts if one.severity is Severity.REFUSE)


def _plan_refusal(verdict: PlanVerdict, pack: str) -> Refusal:
    return Refusal(
        code=verdict.code,
        field="curriculum_id",
        params={
            "required": verdict.required,
            "observed": verdict.observed,
            "subject": verdict.subject,
            "severity": verdict.severity.value,
            "pack": pack,
        },
    )


def _seal(run: ClassRun, *, actor_id: int, now: datetime) -> FilingVersion:
    facts = class_run_facts(run)
    curriculum = get_curriculum(curriculum_id=facts.curriculum_id)
    roster = tuple(run.enrolments.filter(dropped_at=None).values_list("pk", "person_id", "employer_id"))
    organisation_ids = {facts.provider_id, *facts.employer_ids, facts.base_id, facts.payee_id} - {None}
    people = get_people(
        person_ids={*facts.trainer_ids, *facts.assessor_ids, actor_id, *(person_id for _pk, person_id, _e in roster)}
    )
    version = run.filings.count() + 1
    content = filing_content(
        run=facts,
        curriculum=curriculum,
        totals=plan_totals(curriculum),
        organisations=get_organisations(organisation_ids={one for one in organisation_ids if one is not None}),
        commitments=commit_all(values={key: personal_value(one) for key, one in people.items()}, now=now),
        roster=roster,
        version=version,
        submitted_by=actor_id,
        submitted_at=now,
    )
    filing = FilingVersion(
        class_run=run,
        version=version,
        content=content,
        digest=digest(content),
        submitted_by_id=actor_id,
        submitted_at=now,
    )
    filing.save()
    return filing


def _open_filing(class_run_id: int, officer_id: int, day: date) -> ClassRun:
    run = lock_class_run(class_run_id)
    require_officer(person_id=officer_id, district=run.district, day=day)
    if run.state != ClassRunState.SUBMITTED:
        raise UnableToFile(Refusal(code="not_submitted", params={"number": run.number}))
    if run.committed_by_id == officer_id:
        raise UnableToFile(Refusal(code="own_filing"))
    return run


def _answer(
    run: ClassRun, verdict: Verdict, officer_id: int, reason: str, business_fit: bool | None, now: datetime
) -> FilingVersion:
    filing = run.filings.order_by("-version")[0]
    FilingVerdict(
        filing=filing,
        verdict=verdict,
        reason=reason.strip()[:500],
        business_fit=business_fit,
        decided_by_id=officer_id,
        decided_at=now,
    ).save()
    record_audit(actor_id=officer_id, action=f"filing_{verdict}", object_kind="class_run", object_id=run.pk, now=now)
    return filing


def _people_on(run: ClassRun) -> int:
    return run.enrolments.filter(dropped_at=None).count()
