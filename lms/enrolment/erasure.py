"""What enrolment keeps of a person and until when, and what it empties when the person is erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from lms.accounts.api import get_person, retention_rule
from lms.accounts.data import Kept
from lms.enrolment.data import ClassRunState
from lms.enrolment.models import ClassRun, Enrolment, RosterAmendment, RosterImportRow

_ARCHIVE = "training_archive"


def keep(person_id: int) -> Sequence[Kept]:
    """The archive of every class that the person learnt, taught, assessed, filed or judged."""
    learnt = Enrolment.objects.filter(person_id=person_id).values("class_run_id")
    runs = (
        ClassRun.objects.exclude(state=ClassRunState.CANCELLED)
        .filter(
            Q(pk__in=learnt)
            | Q(staff__person_id=person_id)
            | Q(filings__submitted_by_id=person_id)
            | Q(filings__answer__decided_by_id=person_id)
        )
        .distinct()
        .order_by("pk")
    )
    archive = retention_rule(_ARCHIVE)
    return [Kept(rule=_ARCHIVE, subject=run.title, until=archive.until(run.ends_on)) for run in runs]


def erase_at_once(person_id: int, _now: datetime) -> None:
    """The lines of uploaded lists from which the person was entered hold no values any more."""
    RosterImportRow.objects.filter(enrolment__person_id=person_id).exclude(sealed_values="").update(sealed_values="")


def erase_when_due(person_id: int, _now: datetime) -> None:
    """No list and no amendment names the person; lines that never became an enrolment are found by name and number."""
    facts = get_person(person_id=person_id)
    same_person = Q(name=facts.name, masked_id=facts.masked_id) if facts.name else Q(pk=None)
    RosterImportRow.objects.filter(Q(enrolment__person_id=person_id) | same_person).update(
        sealed_values="", name="", masked_id="", masked_mobile="", faults=[]
    )
    RosterAmendment.objects.filter(enrolment__person_id=person_id).exclude(reason="").update(reason="")
