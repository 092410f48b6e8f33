"""Classes: for the file that everybody may take along, and for the archive of a class."""

from __future__ import annotations

from datetime import datetime

from lms.accounts.api import get_people
from lms.enrolment.facts import enrolment_facts
from lms.enrolment.filing import filings_of
from lms.enrolment.models import Enrolment, RosterAmendment
from lms.enrolment.reads import enrolments_of, get_class_runs
from lms.lib.canonical import JSONValue
from lms.lib.localday import to_ms


def export_for(person_id: int, _now: datetime) -> list[dict[str, object]]:
    """Every class the person was ever enrolled in, on whose account, and whether he still is."""
    places = enrolments_of(person_id=person_id)
    runs = get_class_runs(class_run_ids={place.class_run_id for place in places})
    return [
        {
            "enrolment": place.enrolment_id,
            "class_number": runs[place.class_run_id].number,
            "class": runs[place.class_run_id].title,
            "programme": place.programme_code,
            "starts_on": runs[place.class_run_id].starts_on.isoformat(),
            "ends_on": runs[place.class_run_id].ends_on.isoformat(),
            "enrolled_at": place.enrolled_at.isoformat(),
            "on_roster": place.on_roster,
            "on_whose_account": place.payer_kind.value,
        }
        for place in places
    ]


def filing_lines(*, class_run_id: int) -> list[dict[str, JSONValue]]:
    """Every sealed version of the class's filing, oldest first, with the officer's answer (docs/archive.md)."""
    return [
        {
            "version": filing.version,
            "content": filing.content,  # type: ignore[dict-item]  # JSON as it was sealed
            "digest": filing.digest,
            "submitted_by": filing.submitted_by_id,
            "submitted_ms": to_ms(filing.submitted_at),
            "verdict": filing.verdict.value if filing.verdict else None,
            "reason": filing.reason,
            "decided_by": filing.decided_by_id,
            "decided_ms": to_ms(filing.decided_at) if filing.decided_at else None,
        }
        for filing in reversed(filings_of(class_run_id=class_run_id))
    ]


def roster_lines(*, class_run_id: int, after: int, upto: int, most: int) -> list[dict[str, JSONValue]]:
    """The next `most` lines of the roster after enrolment `after`, up to `upto`; dropped people too, names masked."""
    places = Enrolment.objects.filter(class_run_id=class_run_id, pk__gt=after, pk__lte=upto).select_related("class_run")
    rows = list(places.order_by("pk")[:most])
    people = get_people(person_ids={row.person_id for row in rows})
    changes = list(RosterAmendment.objects.filter(enrolment__in=rows).order_by("at", "pk"))
    return [
        {
            "enrolment": row.pk,
            "learner": row.person_id,
            "name": people[row.person_id].masked_name,
            "id": people[row.person_id].masked_id,
            "employer": row.employer_id,
            "window_ms": _window(row),
            "enrolled_ms": to_ms(row.enrolled_at),
            "dropped_ms": to_ms(row.dropped_at) if row.dropped_at else None,
            "changes": [_change(one) for one in changes if one.enrolment_id == row.pk],
        }
        for row in rows
    ]


def _window(row: Enrolment) -> list[JSONValue]:
    facts = enrolment_facts(row)
    return [to_ms(facts.window_from), to_ms(facts.window_to)]


def _change(row: RosterAmendment) -> dict[str, JSONValue]:
    return {
        "kind": row.kind,
        "at_ms": to_ms(row.at),
        "by": row.actor_id,
        "after_filing": row.after_filing,
        "reason": row.reason,
    }
