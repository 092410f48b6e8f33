from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lms.accounts import api as accounts
from lms.notices import api as notices
from lms.portal.navigation import desk_name, rooms_for


def nav(request: HttpRequest) -> dict[str, Any]:
    """`nav` in every template: rooms, organisation, person, unread messages. Read only where a template asks."""
    return {"nav": SimpleLazyObject(lambda: _nav(request))}


def _nav(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"items": [], "unread": 0}
    roles = frozenset(getattr(request, "roles", ()))
    memberships = accounts.roles_of(person_id=user.pk) if roles else ()
    rooms = rooms_for(roles)
    return {
        "items": rooms,
        "active": _active(request.path, rooms),
        "desk": desk_name(roles),
        "organisation": memberships[0].organisation_name if memberships else "",
        "person": {"name": user.name, "title": desk_name(roles)},
        "unread": notices.unread_count(person_id=user.pk),
    }


def _active(path: str, rooms: list[Any]) -> str:
    """The room whose address is the longest beginning of the path."""
    inside = [room for room in rooms if path.startswith(room.href)]
    return max(inside, key=lambda room: len(room.href)).key if inside else ""
