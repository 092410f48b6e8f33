"""Points, their supervisors and their devices come to be and end."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.db import transaction

from lms.accounts.api import get_organisation, has_role, people_with_role, record_audit, roles_of
from lms.accounts.data import OrganisationKind, Role, UnknownOrganisation
from lms.db.api import blind_index
from lms.lib.localday import local_day
from lms.points.data import DeviceFacts, NewDevice, NotYours, PointFacts, UnableAtPoint
from lms.points.models import LearningPoint, PointDevice, PointSupervisor, Visit

ARRANGERS = (Role.HR, Role.PROVIDER_ADMIN, Role.BASE_STAFF)
_KINDS = (OrganisationKind.ENTERPRISE, OrganisationKind.PROVIDER, OrganisationKind.BASE)
_KEY_LENGTH = 43
_LONGEST = {"title": 80, "place": 200, "name": 40}


def register_point(
    *, organisation_id: int, title: str, place: str, supervisor_id: int, actor_id: int, now: datetime
) -> PointFacts:
    """The organisation has one more learning point with its first supervisor.

    Raises NotYours for somebody who does not arrange for the organisation, UnableAtPoint (`no_place`, `supervisor`).
    """
    _require_arranger(organisation_id, actor_id, local_day(now))
    title, place = _text(title, "title"), _text(place, "place")
    _require_role(organisation_id, supervisor_id, local_day(now))
    with transaction.atomic():
        point = LearningPoint.objects.create(
            organisation_id=organisation_id, title=title, place=place, registered_by_id=actor_id, registered_at=now
        )
        PointSupervisor.objects.create(point=point, person_id=supervisor_id, from_at=now)
        _audit(actor_id, "register_point", point.pk, now)
    return point_facts(point)


def add_supervisor(*, point_id: int, person_id: int, actor_id: int, now: datetime) -> PointFacts:
    """The person supervises the point too. Doing it again changes nothing. Raises NotYours, UnableAtPoint."""
    with transaction.atomic():
        point = own_point(point_id, actor_id, local_day(now), locked=True)
        _require_role(point.organisation_id, person_id, local_day(now))
        if not point.supervisors.filter(person_id=person_id, to_at=None).exists():
            PointSupervisor.objects.create(point=point, person_id=person_id, from_at=now)
            _audit(actor_id, "add_point_supervisor", point.pk, now, person=person_id)
    return point_facts(point)


def end_supervisor(*, point_id: int, person_id: int, actor_id: int, now: datetime) -> PointFacts:
    """The person supervises the point no longer. Raises NotYours, UnableAtPoint (`last_supervisor`)."""
    with transaction.atomic():
        point = own_point(point_id, actor_id, local_day(now), locked=True)
        held = list(point.supervisors.filter(to_at=None))
        if [one.person_id for one in held] == [person_id]:
            raise UnableAtPoint("last_supervisor")
        if point.supervisors.filter(person_id=person_id, to_at=None).update(to_at=now):
            _audit(actor_id, "end_point_supervisor", point.pk, now, person=person_id)
    return point_facts(point)


def register_device(*, point_id: int, name: str, actor_id: int, now: datetime) -> NewDevice:
    """The browser that gets the key is a device of the point. Raises NotYours, UnableAtPoint (`no_name`)."""
    with transaction.atomic():
        point = own_point(point_id, actor_id, local_day(now), locked=True)
        name = _text(name, "name")
        key = secrets.token_urlsafe(32)
        device = PointDevice.objects.create(
            point=point, name=name, key_index=_index(key), registered_by_id=actor_id, registered_at=now
        )
        _audit(actor_id, "register_point_device", point.pk, now, device=device.pk)
    return NewDevice(device=device_facts(device), key=key)


def revoke_device(*, device_id: int, actor_id: int, now: datetime) -> DeviceFacts:
    """The device is none any more; a visit at it goes on only until its last proof. Raises NotYours."""
    with transaction.atomic():
        found = PointDevice.objects.filter(pk=device_id).first()
        if found is None:
            raise NotYours(device_id)
        point = own_point(found.point_id, actor_id, local_day(now), locked=True)
        device = PointDevice.objects.get(pk=device_id)
        if device.revoked_at is None:
            device.revoked_at = now
            device.save(update_fields=["revoked_at"])
            Visit.objects.filter(device=device, ended_at=None).update(ended_at=now, end_reason="left")
            _audit(actor_id, "revoke_point_device", point.pk, now, device=device.pk)
    return device_facts(device)


def device_behind(*, key: str) -> DeviceFacts | None:
    """The device whose cookie holds this key; None for a revoked one, for a closed point and for anything else."""
    if len(key) != _KEY_LENGTH:
        return None
    rows = PointDevice.objects.filter(key_index=_index(key), revoked_at=None, point__closed_at=None)
    device = rows.first()
    return device_facts(device) if device else None


def get_point(*, point_id: int) -> PointFacts:
    """The point. Raises NotYours."""
    return point_facts(_find(point_id))


def points_of(*, person_id: int, day: date) -> tuple[PointFacts, ...]:
    """Points that the person arranges or supervises, newest first."""
    arranged = [one.organisation_id for one in roles_of(person_id=person_id, day=day) if one.role in ARRANGERS]
    rows = LearningPoint.objects.filter(closed_at=None)
    mine = rows.filter(organisation_id__in=arranged) | rows.filter(
        supervisors__person_id=person_id, supervisors__to_at=None
    )
    return tuple(point_facts(row) for row in mine.distinct().prefetch_related("supervisors").order_by("-pk"))


def devices_of(*, point_id: int) -> tuple[DeviceFacts, ...]:
    """The devices of a point that are still devices, oldest first."""
    rows = PointDevice.objects.filter(point_id=point_id, revoked_at=None).order_by("pk")
    return tuple(device_facts(row) for row in rows)


def may_arrange(point: PointFacts, *, person_id: int, day: date) -> bool:
    """Whether the person registers devices and supervisors of the point."""
    return has_role(person_id=person_id, organisation_id=point.organisation_id, roles=ARRANGERS, day=day)


def may_supervise(point: PointFacts, *, person_id: int, day: date) -> bool:
    """Whether the person supervises the point now: named there, and still with a role in its organisation."""
    return person_id in point.supervisor_ids and has_role(
        person_id=person_id, organisation_id=point.organisation_id, roles=tuple(Role), day=day
    )


def people_at(organisation_id: int, *, day: date) -> dict[int, str]:
    """Who could supervise: everybody with a role there, by name."""
    return {
        one.person_id: one.name
        for role in Role
        for one in people_with_role(organisation_id=organisation_id, role=role, day=day)
    }


def own_point(point_id: int, actor_id: int, day: date, *, locked: bool = False) -> LearningPoint:
    """The point, if the person arranges it. Raises NotYours."""
    point = _find(point_id, locked=locked)
    _require_arranger(point.organisation_id, actor_id, day)
    return point


def point_facts(row: LearningPoint) -> PointFacts:
    held = [one.person_id for one in row.supervisors.all() if one.to_at is None]
    return PointFacts(
        point_id=row.pk,
        organisation_id=row.organisation_id,
        title=row.title,
        place=row.place,
        supervisor_ids=tuple(sorted(held)),
        closed=row.closed_at is not None,
    )


def device_facts(row: PointDevice) -> DeviceFacts:
    return DeviceFacts(
        device_id=row.pk,
        point_id=row.point_id,
        name=row.name,
        registered_at=row.registered_at,
        revoked=row.revoked_at is not None,
    )


def _find(point_id: int, *, locked: bool = False) -> LearningPoint:
    rows = LearningPoint.objects.select_for_update() if locked else LearningPoint.objects.all()
    point = rows.filter(pk=point_id, closed_at=None).first()
    if point is None:
        raise NotYours(point_id)
    return point


def _require_arranger(organisation_id: int, person_id: int, day: date) -> None:
    try:
        kind = get_organisation(organisation_id=organisation_id).kind
    except UnknownOrganisation:
        raise NotYours(organisation_id) from None
    if kind not in _KINDS or not has_role(
        person_id=person_id, organisation_id=organisation_id, roles=ARRANGERS, day=day
    ):
        raise NotYours(organisation_id)


def _require_role(organisation_id: int, person_id: int, day: date) -> None:
    if not has_role(person_id=person_id, organisation_id=organisation_id, roles=tuple(Role), day=day):
        raise UnableAtPoint("supervisor")


def _text(text: str, field: str) -> str:
    words = text.replace("\x00", "").strip()
    if not words or len(words) > _LONGEST[field]:
        raise UnableAtPoint(f"no_{field}")
    return words


def _index(key: str) -> str:
    return blind_index(key, purpose="points.device")


def _audit(actor_id: int, action: str, point_id: int, now: datetime, **detail: object) -> None:
    record_audit(
        actor_id=actor_id, action=action, object_kind="learning_point", object_id=point_id, now=now, detail=detail
    )
