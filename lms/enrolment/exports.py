"""The person's own classes, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.enrolment.reads import enrolments_of, get_class_runs


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
