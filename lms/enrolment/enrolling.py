"""People join a class run and leave it. Every change of the roster leaves an amendment behind."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from lms.accounts.api import add_employment, employments_of, get_person, notify
from lms.accounts.data import EmploymentKind, UnknownPerson
from lms.enrolment import rules
from lms.enrolment.access import require_arranger_of
from lms.enrolment.data import (
    ClassRunFacts,
    ClassRunState,
    EnrolmentFacts,
    NotYours,
    Refusal,
    UnableToDrop,
    UnableToEnrol,
)
from lms.enrolment.facts import class_run_facts, enrolment_facts
from lms.enrolment.locks import lock_class_run
from lms.enrolment.models import ClassRun, Enrolment, RosterAmendment
from lms.enrolment.programmes import PROGRAMMES
from lms.hours.api import limits_for
from lms.lib.localday import local_day
from lms.notices.data import NoticeKind

_OPEN_STATES = (ClassRunState.FILED, ClassRunState.RUNNING)


def enrol(
    *, class_run_id: int, person_id: int, employer_id: int | None, actor_id: int, now: datetime, reason: str = ""
) -> EnrolmentFacts:
    """The person is on the roster, on the employer's account where one is named. Doing it again changes nothing.

    The actor is the employer's personnel officer or arranges the class for the provider (NotYours). After the filing
    this is an amendment. Raises UnableToEnrol with every rule that stands in the way.
    """
    with transaction.atomic():
        run = lock_class_run(class_run_id)
        facts = class_run_facts(run)
        require_arranger_of(facts, employer_id, person_id=actor_id, day=local_day(now))
        refusals = judge_employer(facts, employer_id)
        if refusals:
            raise UnableToEnrol(*refusals)
        _require_person(person_id)
        return enrolment_facts(put_on_roster(run, person_id, employer_id, actor_id=actor_id, reason=reason, now=now))


def enrol_self(*, class_run_id: int, person_id: int, now: datetime) -> EnrolmentFacts:
    """The worker has joined an open class on his own account. Doing it again changes nothing. Raises UnableToEnrol."""
    with transaction.atomic():
        run = lock_class_run(class_run_id)
        facts = class_run_facts(run)
        if not facts.self_enrolment:
            raise UnableToEnrol(Refusal(code="not_open", params={"number": run.number}))
        if facts.state_on(local_day(now)) not in {*_OPEN_STATES, ClassRunState.TEACHING_DONE, ClassRunState.CANCELLED}:
            raise UnableToEnrol(Refusal(code="not_filed_yet", params={"number": run.number}))
        _require_person(person_id)
        return enrolment_facts(put_on_roster(run, person_id, None, actor_id=person_id, reason="", now=now))


def drop(*, enrolment_id: int, actor_id: int, reason: str, now: datetime) -> EnrolmentFacts:
    """The person is no longer on the roster; what was learnt stays on record. Doing it again changes nothing.

    Worker: may leave an open class himself. Raises UnableToDrop, NotYours.
    """
    found = Enrolment.objects.filter(pk=enrolment_id).values_list("class_run_id", flat=True).first()
    if found is None:
        raise NotYours(enrolment_id)
    with transaction.atomic():
        run = lock_class_run(found)
        row = Enrolment.objects.select_related("class_run").get(pk=enrolment_id)
        facts = class_run_facts(run)
        leaves_himself = facts.self_enrolment and row.person_id == actor_id and row.employer_id is None
        if not leaves_himself:
            require_arranger_of(facts, row.employer_id, person_id=actor_id, day=local_day(now))
            if not reason.strip():
                raise UnableToDrop(Refusal(code="reason_missing", field="reason"))
        if facts.state_on(local_day(now)) in {ClassRunState.CANCELLED, ClassRunState.TEACHING_DONE}:
            raise UnableToDrop(Refusal(code="class_is_over", params={"number": run.number}))
        if row.dropped_at is None:
            row.dropped_at = now
            row.save(update_fields=["dropped_at"])
            _amend(run, row, RosterAmendment.Kind.DROP, actor_id=actor_id, reason=reason, now=now)
        return enrolment_facts(row)


def judge_employer(run: ClassRunFacts, employer_id: int | None) -> tuple[Refusal, ...]:
    """The employer is one of the class's, where the programme is about employers; none where it is not."""
    if PROGRAMMES[run.programme_code].employers:
        return () if employer_id in run.employer_ids else (Refusal(code="not_an_employer_here", field="employer_id"),)
    return () if employer_id is None else (Refusal(code="no_employer_wanted", field="employer_id"),)


def put_on_roster(
    run: ClassRun, person_id: int, employer_id: int | None, *, actor_id: int, reason: str, now: datetime
) -> Enrolment:
    """The row of a person who now is on the roster of the locked class run. Raises UnableToEnrol."""
    row = Enrolment.objects.select_related("class_run").filter(class_run=run, person_id=person_id).first()
    if row is not None and row.dropped_at is None:
        if row.employer_id != employer_id:
            raise UnableToEnrol(Refusal(code="enrolled_by_another", field="person_id"))
        return row
    if row is not None and row.employer_id != employer_id:
        raise UnableToEnrol(Refusal(code="enrolled_by_another", field="person_id"))
    facts = class_run_facts(run)
    limits = limits_for(pack=run.hour_pack, category=run.category)
    on_roster = Enrolment.objects.filter(class_run=run, dropped_at=None).count()
    refusals = rules.judge_joining(facts, limits, day=local_day(now), on_roster=on_roster)
    if refusals:
        raise UnableToEnrol(*refusals)
    if row is None:
        row = Enrolment.objects.create(
            class_run=run, person_id=person_id, employer_id=employer_id, enrolled_by_id=actor_id, enrolled_at=now
        )
        kind = RosterAmendment.Kind.ADD
    else:
        row.dropped_at = None
        row.save(update_fields=["dropped_at"])
        kind = RosterAmendment.Kind.REJOIN
    _amend(run, row, kind, actor_id=actor_id, reason=reason, now=now)
    if employer_id is not None:
        _note_employment(facts, person_id, employer_id, actor_id=actor_id, now=now)
    if facts.state is ClassRunState.FILED:
        tell_enrolled(facts, row, now=now)
    return row


def tell_enrolled(run: ClassRunFacts, row: Enrolment, *, now: datetime) -> None:
    """The person hears of the class: inbox, and SMS or mail as preferred."""
    notify(
        person_id=row.person_id,
        kind=NoticeKind.ENROLLED,
        params={"class_title": run.title, "starts_on": run.starts_on.isoformat(), "link": "/home/"},
        key=f"enrolled:{row.pk}",
        now=now,
    )


def _note_employment(run: ClassRunFacts, person_id: int, employer_id: int, *, actor_id: int, now: datetime) -> None:
    """The personnel officer's word that the person works for the firm, from the class's first day at the latest."""
    if any(one.employer_id == employer_id for one in employments_of(person_id=person_id)):
        return
    add_employment(
        person_id=person_id,
        employer_id=employer_id,
        kind=EmploymentKind.CONTRACT,
        from_on=min(local_day(now), run.starts_on),
        actor_id=actor_id,
        now=now,
    )


def _amend(run: ClassRun, row: Enrolment, kind: str, *, actor_id: int, reason: str, now: datetime) -> None:
    RosterAmendment(
        class_run=run,
        enrolment=row,
        kind=kind,
        after_filing=run.state == ClassRunState.FILED,
        reason=reason.strip()[:300],
        actor_id=actor_id,
        at=now,
    ).save()


def _require_person(person_id: int) -> None:
    try:
        get_person(person_id=person_id)
    except UnknownPerson:
        raise UnableToEnrol(Refusal(code="unknown_person", field="person_id")) from None
