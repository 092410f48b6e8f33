"""What a worker sees of the classes that anybody may join: on a course's page, and on the page of its classes."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from lms.accounts.api import get_organisations
from lms.enrolment.reads import enrolments_of, get_class_runs, open_class_runs, places_left_in
from lms.lib.localday import local_day
from lms.lib.money import grouped_yuan


def open_rows(*, course_id: int, person_id: int | None, day: date) -> list[dict[str, Any]]:
    """The open classes of a course, the earliest first, and those of them that the person is in already."""
    mine = {}
    if person_id is not None:
        mine = {one.class_run_id: one for one in enrolments_of(person_id=person_id) if one.on_roster}
    # whoever took the last place still sees the class
    own = get_class_runs(class_run_ids=mine).values() if mine else ()
    runs = {
        run.class_run_id: run
        for run in (
            *open_class_runs(course_id=course_id, day=day),
            *(run for run in own if run.course_id == course_id and run.self_enrolment),
        )
    }
    if not runs:
        return []
    left = places_left_in(class_run_ids=runs)
    organisations = get_organisations(
        organisation_ids={one for run in runs.values() for one in (run.provider_id, run.base_id) if one is not None}
    )
    return [
        {
            "run": run,
            "provider": organisations[run.provider_id].name,
            "base": organisations[run.base_id].name if run.base_id is not None else "",
            "cost": grouped_yuan(run.cost_fen),
            "left": left[run.class_run_id],
            "begun": run.starts_on <= day,
            "mine": mine.get(run.class_run_id),
        }
        for run in runs.values()
    ]


def for_course_page(page: Any, request: HttpRequest) -> dict[str, Any]:
    """`open_rows` for the course page. Hung in by COURSE_PAGE_CONTEXT, so that courses knows nothing of classes."""
    user = getattr(request, "user", None)
    person_id = user.pk if user is not None and user.is_authenticated else None
    now = timezone.now()  # noqa: TID251  a page's context is part of the edge
    return {"open_rows": open_rows(course_id=page.pk, person_id=person_id, day=local_day(now)) if page.pk else []}
