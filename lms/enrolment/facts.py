"""From rows to the facts that may cross the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from lms.enrolment.data import (
    ClassRunFacts,
    ClassRunState,
    Duty,
    EnrolmentFacts,
    FilingFacts,
    PayeeKind,
    PlatformKind,
    Verdict,
)
from lms.enrolment.models import ClassRun, Enrolment, FilingVersion
from lms.enrolment.rules import window_of

RUN_PARTS = ("employers", "staff")


def class_run_facts(run: ClassRun) -> ClassRunFacts:
    """Prefetch RUN_PARTS where many are made."""
    staff = [(row.person_id, row.duty) for row in run.staff.all()]
    return ClassRunFacts(
        class_run_id=run.pk,
        number=run.number,
        title=run.title,
        curriculum_id=run.curriculum_id,
        course_id=run.course_id,
        programme_code=run.programme_code,
        project_name=run.project_name,
        provider_id=run.provider_id,
        employer_ids=tuple(sorted(row.organisation_id for row in run.employers.all())),
        payee_kind=PayeeKind(run.payee_kind),
        payee_id=run.payee_id,
        agreement_on=run.agreement_on,
        agreement_ref=run.agreement_ref,
        base_id=run.base_id,
        trainer_ids=tuple(sorted(person for person, duty in staff if duty == Duty.TRAINER)),
        assessor_ids=tuple(sorted(person for person, duty in staff if duty == Duty.ASSESSOR)),
        category=run.category,
        hour_pack=run.hour_pack,
        order_gate=run.order_gate,
        self_enrolment=run.self_enrolment,
        capacity=run.capacity,
        filed_on=run.filed_on,
        starts_on=run.starts_on,
        ends_on=run.ends_on,
        state=ClassRunState(run.state),
        cost_fen=run.cost_fen,
        district=run.district,
        place=run.place,
        platform_kind=PlatformKind(run.platform_kind),
        business_fit=run.business_fit,
        business_note=run.business_note,
        committed=run.committed_at is not None,
    )


class Member(NamedTuple):
    """What is an enrolment's own; the rest of its facts are its class's."""

    enrolment_id: int
    learner_id: int
    employer_id: int | None
    enrolled_at: datetime
    on_roster: bool


def enrolment_facts(row: Enrolment) -> EnrolmentFacts:
    """Fetch with select_related("class_run")."""
    member = Member(row.pk, row.person_id, row.employer_id, row.enrolled_at, row.dropped_at is None)
    return facts_in(row.class_run)(member)


def facts_in(run: ClassRun) -> Callable[[Member], EnrolmentFacts]:
    """Makes the facts of members of this class; what all of them share is worked out once."""
    window_from, window_to = window_of(run.starts_on, run.ends_on)
    of_class = partial(
        EnrolmentFacts,
        class_run_id=run.pk,
        curriculum_id=run.curriculum_id,
        filed_on=run.filed_on if run.state == ClassRunState.FILED else None,
        window_from=window_from,
        window_to=window_to,
        hour_pack=run.hour_pack,
        category=run.category,
        order_gate=run.order_gate,
        programme_code=run.programme_code,
    )

    def facts(member: Member) -> EnrolmentFacts:
        by_firm = member.employer_id is not None
        return of_class(
            enrolment_id=member.enrolment_id,
            learner_id=member.learner_id,
            employer_id=member.employer_id,
            payer_kind=PayeeKind.ENTERPRISE if by_firm else PayeeKind.PERSON,
            payer_id=member.employer_id if member.employer_id is not None else member.learner_id,
            enrolled_at=member.enrolled_at,
            on_roster=member.on_roster,
        )

    return facts


def filing_facts(row: FilingVersion) -> FilingFacts:
    """Fetch with select_related("answer")."""
    answer = getattr(row, "answer", None)
    return FilingFacts(
        filing_id=row.pk,
        class_run_id=row.class_run_id,
        version=row.version,
        digest=row.digest,
        submitted_by_id=row.submitted_by_id,
        submitted_at=row.submitted_at,
        verdict=Verdict(answer.verdict) if answer else None,
        reason=answer.reason if answer else "",
        decided_by_id=answer.decided_by_id if answer else None,
        decided_at=answer.decided_at if answer else None,
        content=row.content,
    )
