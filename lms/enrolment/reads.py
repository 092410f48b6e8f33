"""Class runs and enrolments as facts. Reading needs no authority here: the edge asks `view_of` first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db import connection
from django.db.models import Count, Q, QuerySet

from lms.enrolment.access import looked_after_by
from lms.enrolment.data import ClassRunFacts, ClassRunState, EnrolmentFacts, NotYours
from lms.enrolment.facts import RUN_PARTS, Member, class_run_facts, enrolment_facts, facts_in
from lms.enrolment.models import ClassRun, Enrolment
from lms.lib.arrays import plain

__all__ = [
    "all_class_runs",
    "class_runs_for",
    "enrolments_of",
    "find_class_run",
    "get_class_run",
    "get_class_runs",
    "get_enrolment",
    "get_enrolments",
    "open_class_runs",
    "places_left",
    "places_left_in",
    "roster_of",
    "running_class_runs_of_officer",
    "runs_query",
    "submitted_class_runs",
]

_MEMBERS = """
SELECT class_run_id, id, person_id, employer_id, enrolled_at, dropped_at IS NULL FROM enrolment_enrolment
WHERE id = ANY(%s::bigint[])
"""


def get_class_run(*, class_run_id: int) -> ClassRunFacts:
    """The facts of one class run. Raises NotYours."""
    run = ClassRun.objects.prefetch_related(*RUN_PARTS).filter(pk=class_run_id).first()
    if run is None:
        raise NotYours(class_run_id)
    return class_run_facts(run)


def get_class_runs(*, class_run_ids: Collection[int]) -> dict[int, ClassRunFacts]:
    """The facts by class run id, in three queries; unknown ids are left out."""
    rows = ClassRun.objects.filter(pk__in=set(class_run_ids)).prefetch_related(*RUN_PARTS)
    return {row.pk: class_run_facts(row) for row in rows}


def find_class_run(*, number: str) -> ClassRunFacts | None:
    """The class run with this number, or None."""
    run = ClassRun.objects.prefetch_related(*RUN_PARTS).filter(number=number).first()
    return class_run_facts(run) if run else None


def get_enrolment(*, enrolment_id: int) -> EnrolmentFacts:
    """The facts of one enrolment. Raises NotYours."""
    row = Enrolment.objects.select_related("class_run").filter(pk=enrolment_id).first()
    if row is None:
        raise NotYours(enrolment_id)
    return enrolment_facts(row)


def get_enrolments(*, enrolment_ids: Collection[int]) -> dict[int, EnrolmentFacts]:
    """The facts by enrolment id, in two queries: thousands of people are in a few classes. Unknown ids are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [plain(set(enrolment_ids))])
        rows = [(run_id, Member(*member)) for run_id, *member in cursor.fetchall()]
    runs = ClassRun.objects.in_bulk({run_id for run_id, _ in rows})
    in_class = {run_id: facts_in(run) for run_id, run in runs.items()}
    return {member.enrolment_id: in_class[run_id](member) for run_id, member in rows}


def enrolments_of(*, person_id: int) -> tuple[EnrolmentFacts, ...]:
    """Every enrolment of a person, newest first, dropped ones and those in unfiled classes too."""
    rows = Enrolment.objects.filter(person_id=person_id).select_related("class_run").order_by("-enrolled_at", "-pk")
    return tuple(enrolment_facts(row) for row in rows)


def roster_of(*, class_run_id: int, include_dropped: bool = False) -> tuple[EnrolmentFacts, ...]:
    """Who is on the roster, in the order of joining."""
    rows = Enrolment.objects.filter(class_run_id=class_run_id).select_related("class_run").order_by("pk")
    return tuple(enrolment_facts(row) for row in rows if include_dropped or row.dropped_at is None)


def class_runs_for(
    *,
    organisation_id: int | None = None,
    trainer_id: int | None = None,
    assessor_id: int | None = None,
    base_id: int | None = None,
) -> tuple[ClassRunFacts, ...]:
    """Classes of an organisation (provider or employer), a trainer, an assessor or a base, newest first.

    Several arguments widen the answer; none gives nothing.
    """
    rows = runs_query(
        organisation_ids=[organisation_id] if organisation_id is not None else [],
        base_ids=[base_id] if base_id is not None else [],
        staff_ids=[one for one in (trainer_id, assessor_id) if one is not None],
    ).prefetch_related(*RUN_PARTS)
    found = tuple(class_run_facts(row) for row in rows)
    return tuple(
        run
        for run in found
        if organisation_id in {run.provider_id, *run.employer_ids}
        or (base_id is not None and base_id == run.base_id)
        or trainer_id in run.trainer_ids
        or assessor_id in run.assessor_ids
    )


def runs_query(
    *,
    organisation_ids: Collection[int] = (),
    base_ids: Collection[int] = (),
    staff_ids: Collection[int] = (),
    everything: bool = False,
) -> QuerySet[ClassRun]:
    """The class runs with any of these parties, newest first."""
    rows = ClassRun.objects.order_by("-starts_on", "-pk")
    if everything:
        return rows
    return rows.filter(
        Q(provider_id__in=organisation_ids)
        | Q(pk__in=ClassRun.objects.filter(employers__organisation_id__in=organisation_ids).values("pk"))
        | Q(base_id__in=base_ids)
        | Q(pk__in=ClassRun.objects.filter(staff__person_id__in=staff_ids).values("pk"))
    )


def all_class_runs() -> tuple[ClassRunFacts, ...]:
    """Every class run, newest first: what an authority looks after."""
    return tuple(class_run_facts(row) for row in runs_query(everything=True).prefetch_related(*RUN_PARTS))


def submitted_class_runs() -> QuerySet[ClassRun]:
    """Filings that wait for an officer, the longest waiting first."""
    return ClassRun.objects.filter(state=ClassRunState.SUBMITTED).order_by("committed_at", "pk")


def open_class_runs(*, course_id: int, day: date) -> tuple[ClassRunFacts, ...]:
    """Filed classes of a course that a worker may join himself on that day, the earliest first."""
    rows = (
        ClassRun.objects.filter(course_id=course_id, state=ClassRunState.FILED, self_enrolment=True, ends_on__gte=day)
        .prefetch_related(*RUN_PARTS)
        .annotate(people=Count("enrolments", filter=Q(enrolments__dropped_at=None)))
        .order_by("starts_on", "pk")
    )
    return tuple(class_run_facts(row) for row in rows if row.people < row.capacity)


def running_class_runs_of_officer(*, officer_id: int, day: date, limit: int) -> tuple[ClassRunFacts, ...]:
    """Up to `limit` classes that run on the day in the officer's district, the newest first; none for others."""
    own = looked_after_by(person_id=officer_id, day=day)
    if own is None:
        return ()
    running = ClassRun.objects.filter(own, state=ClassRunState.FILED, starts_on__lte=day, ends_on__gte=day)
    return tuple(class_run_facts(row) for row in running.prefetch_related(*RUN_PARTS).order_by("-pk")[:limit])


def looked_after_among(*, officer_id: int, class_run_ids: Collection[int], day: date) -> frozenset[int]:
    """Which of these classes, once submitted, lie in the officer's districts; none for somebody who is no officer."""
    own = looked_after_by(person_id=officer_id, day=day)
    if own is None:
        return frozenset()
    rows = ClassRun.objects.filter(own, pk__in=set(class_run_ids)).exclude(state=ClassRunState.DRAFT)
    return frozenset(rows.values_list("pk", flat=True))


def places_left(*, class_run_id: int) -> int:
    """How many more people the class takes. Raises NotYours."""
    left = places_left_in(class_run_ids=[class_run_id])
    if class_run_id not in left:
        raise NotYours(class_run_id)
    return left[class_run_id]


def places_left_in(*, class_run_ids: Collection[int]) -> dict[int, int]:
    """How many more people each class takes, in one query; unknown ids are left out."""
    rows = ClassRun.objects.filter(pk__in=set(class_run_ids)).annotate(
        people=Count("enrolments", filter=Q(enrolments__dropped_at=None))
    )
    return {row.pk: max(0, row.capacity - row.people) for row in rows}
