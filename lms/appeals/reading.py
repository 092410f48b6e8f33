"""Reading appeals: one's own, the queue of a desk, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When

from lms.appeals.access import in_reach, view_on
from lms.appeals.data import AppealFacts, AppealNotFound, AppealState, AppealView
from lms.appeals.facts import appeal_facts, with_parts
from lms.appeals.models import Appeal, AppealedEntry
from lms.lib.localday import local_day
from media.api import read_paper


def get_appeal(*, appeal_id: int, person_id: int, now: datetime) -> tuple[AppealFacts, AppealView]:
    """The appeal and what the person may do with it. Raises AppealNotFound."""
    row = _row(appeal_id)
    view = view_on(row, person_id=person_id, day=local_day(now))
    return appeal_facts(row), view


def appeal_of(*, appeal_id: int) -> AppealFacts:
    """The appeal, for the house itself. Raises AppealNotFound."""
    return appeal_facts(_row(appeal_id))


def appeals_of(*, learner_id: int) -> list[AppealFacts]:
    """The learner's appeals, newest first."""
    return [appeal_facts(row) for row in with_parts(Appeal.objects.filter(learner_id=learner_id).order_by("-pk"))]


def states_of(*, learner_id: int, enrolment_id: int) -> dict[int, tuple[int, AppealState]]:
    """For each appealed entry of the enrolment the appeal's id and state, in one query."""
    rows = AppealedEntry.objects.filter(learner_id=learner_id, appeal__enrolment_id=enrolment_id)
    return {
        seq: (appeal_id, AppealState(state))
        for seq, appeal_id, state in rows.values_list("seq", "appeal_id", "appeal__state")
    }


def queue_of(*, person_id: int, states: Sequence[AppealState], day: date) -> QuerySet[Appeal]:
    """Appeals in these states that the person may see as provider or officer: what is due first stands first."""
    rows = Appeal.objects.filter(in_reach(person_id=person_id, day=day), state__in=[state.value for state in states])
    open_first = Case(When(closed_at=None, then=Value(0)), default=Value(1), output_field=IntegerField())
    return with_parts(rows.exclude(learner_id=person_id).order_by(open_first, "due_on", "-closed_at", "pk"))


def queue_facts(rows: Sequence[Appeal]) -> list[AppealFacts]:
    """The rows of one page of a queue as facts."""
    return [appeal_facts(row) for row in rows]


def waiting_count(*, person_id: int, states: Sequence[AppealState], day: date) -> tuple[int, int]:
    """How many appeals wait in these states within the person's reach, and how many of them are late."""
    rows = Appeal.objects.filter(in_reach(person_id=person_id, day=day), state__in=[state.value for state in states])
    return rows.count(), rows.filter(due_on__lt=day).count()


def file_of(*, appeal_id: int, person_id: int, now: datetime) -> tuple[AppealFacts, bytes]:
    """The file that went along, for whoever may see the appeal. Raises AppealNotFound, also where there is none."""
    row = _row(appeal_id)
    view_on(row, person_id=person_id, day=local_day(now))
    if not row.file_key:
        raise AppealNotFound(appeal_id)
    return appeal_facts(row), read_paper(key=row.file_key)


def _row(appeal_id: int) -> Appeal:
    row = with_parts(Appeal.objects.filter(pk=appeal_id)).first()
    if row is None:
        raise AppealNotFound(appeal_id)
    return row
