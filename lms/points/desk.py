"""What the pages of points show, put together from facts. Reading only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts.api import get_organisations, get_people, roles_of
from lms.lib.localday import local_day
from lms.points import api
from lms.points.data import DeviceFacts, NotYours, PointFacts, VisitFacts
from lms.points.models import Visit
from lms.points.registering import ARRANGERS
from lms.points.rules import asked_too_long_ago
from lms.points.texts import END_WORDS

_WARN_SECONDS = 600


def organisations_of(*, person_id: int, day: date) -> dict[int, str]:
    """For whom the person may register points, by name."""
    held = roles_of(person_id=person_id, day=day)
    return {one.organisation_id: one.organisation_name for one in held if one.role in ARRANGERS}


def chosen(text: str | None, organisations: dict[int, str]) -> int | None:
    """The organisation that was chosen, or the first one. Raises NotYours for another's."""
    if not text:
        return next(iter(organisations), None)
    wanted = number(text)
    if wanted not in organisations:
        raise NotYours(wanted)
    return wanted


def number(text: str | None) -> int:
    """The number in a form field; 0, which nobody has, for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def point_rows(*, person_id: int, day: date) -> list[dict[str, Any]]:
    points = api.points_of(person_id=person_id, day=day)
    names = get_organisations(organisation_ids={one.organisation_id for one in points})
    return [
        {
            "point": one,
            "organisation": names[one.organisation_id].name,
            "devices": len(api.devices_of(point_id=one.point_id)),
            "visits": len(api.visits_at(point_id=one.point_id)),
        }
        for one in points
    ]


def point_context(*, point_id: int, person_id: int, now: datetime) -> dict[str, Any]:
    """The board of a point for its supervisors and arrangers. Raises NotYours."""
    day = local_day(now)
    point = api.get_point(point_id=point_id)
    arranges = api.may_arrange(point, person_id=person_id, day=day)
    supervises = api.may_supervise(point, person_id=person_id, day=day)
    if not arranges and not supervises:
        raise NotYours(point_id)
    devices = api.devices_of(point_id=point_id)
    visits = {one.device_id: one for one in api.visits_at(point_id=point_id)}
    past = api.latest_visits(point_id=point_id)
    people = get_people(person_ids={*point.supervisor_ids, *(one.learner_id for one in (*visits.values(), *past))})
    return {
        "point": point,
        "organisation": get_organisations(organisation_ids=[point.organisation_id])[point.organisation_id].name,
        "arranges": arranges,
        "supervises": supervises,
        "devices": [_device_row(one, visits.get(one.device_id), people, now) for one in devices],
        "past": [_past_row(one, people) for one in past],
        "supervisors": [(key, people[key].name) for key in point.supervisor_ids],
        "candidates": _candidates(point, day) if arranges else {},
    }


def here_context(device: DeviceFacts | None, *, learner_id: int | None, now: datetime) -> dict[str, Any]:
    """What the device's page says to whoever sits before it."""
    if device is None:
        return {"device": None, "active_tab": "home"}
    point = api.get_point(point_id=device.point_id)
    visit = api.visit_of(learner_id=learner_id) if learner_id is not None else None
    here = visit if visit is not None and visit.device_id == device.device_id else None
    return {
        "device": device,
        "point": point,
        "visit": here,
        "elsewhere": visit is not None and here is None,
        "waits": here is not None and here.in_at is None and not asked_too_long_ago(here.asked_at, now),
        "overdue": _is_overdue(here, now),
        "supervisors": [one.name for one in get_people(person_ids=point.supervisor_ids).values()],
        "active_tab": "home",
    }


def board_of(visit_id: int) -> str:
    """The board on which the visit stands."""
    return reverse("points:point", args=[Visit.objects.select_related("device").get(pk=visit_id).device.point_id])


def done_words(act: str) -> str:
    """What was done, for the supervisor."""
    if act == "in":
        return _("Checked in. Come by within the hour and press “Still there”.")
    return _("Checked out.") if act == "out" else _("Noted: still there.")


def _candidates(point: PointFacts, day: date) -> dict[int, str]:
    found = api.people_at(point.organisation_id, day=day)
    return {key: name for key, name in found.items() if key not in point.supervisor_ids}


def _device_row(device: DeviceFacts, visit: VisitFacts | None, people: dict[int, Any], now: datetime) -> dict[str, Any]:
    if visit is None:
        return {"device": device, "visit": None, "state": "free"}
    state = "asks" if visit.in_at is None else "overdue" if _is_overdue(visit, now) else "in"
    left = int((visit.proof_due_at - now).total_seconds()) if visit.proof_due_at else 0
    return {
        "device": device,
        "visit": visit,
        "state": state,
        "name": people[visit.learner_id].name,
        "soon": state == "in" and left < _WARN_SECONDS,
        "minutes_left": max(left // 60, 0),
    }


def _past_row(visit: VisitFacts, people: dict[int, Any]) -> dict[str, Any]:
    minutes = 0
    if visit.in_at and visit.last_proof_at:
        minutes = int((visit.last_proof_at - visit.in_at).total_seconds()) // 60
    words = END_WORDS[visit.end_reason] if visit.end_reason else ""
    proved = visit.end_reason is not None and visit.end_reason.value == "checked_out"
    return {"visit": visit, "name": people[visit.learner_id].masked_name, "minutes": minutes, "words": words,
            "proved": proved}  # fmt: skip


def _is_overdue(visit: VisitFacts | None, now: datetime) -> bool:
    return visit is not None and visit.proof_due_at is not None and now > visit.proof_due_at
