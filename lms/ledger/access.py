"""Who may read a statement of hours."""

from __future__ import annotations

from datetime import date

from lms.enrolment.api import Hat, get_class_run, get_enrolment, view_of
from lms.enrolment.data import NotYours

_CLASS_HATS = frozenset({Hat.OFFICER, Hat.PROVIDER, Hat.TRAINER})


def check_reader(*, enrolment_id: int, person_id: int, day: date) -> None:
    """Nothing for the learner, the employer's HR, the provider, the class's trainers and an officer; else NotYours."""
    facts = get_enrolment(enrolment_id=enrolment_id)
    if facts.learner_id == person_id:
        return
    run = get_class_run(class_run_id=facts.class_run_id)
    view = view_of(run, person_id=person_id, day=day)
    if view.hats & _CLASS_HATS or facts.employer_id in view.employer_ids:
        return
    raise NotYours(enrolment_id)
