"""The rooms of each role, in the order of a working day."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.accounts.data import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One entry of the side bar. `roles` empty: every desk has it."""

    key: str
    label: Promise
    icon: str
    href: str
    roles: frozenset[Role]


def _room(key: str, label: Promise, icon: str, href: str, *roles: Role) -> Room:
    return Room(key=key, label=label, icon=icon, href=href, roles=frozenset(roles))


ROOMS = (
    _room("home", _("Overview"), "layout-dashboard", "/home/"),
    _room("filings", _("Class filings"), "file-check", "/classes/filings/", Role.OFFICER),
    _room(
        "classes",
        _("Classes"),
        "presentation",
        "/classes/",
        Role.HR,
        Role.PROVIDER_ADMIN,
        Role.TRAINER,
        Role.OFFICER,
    ),
    _room("media", _("Videos"), "monitor-play", "/media-desk/", Role.TRAINER, Role.PROVIDER_ADMIN),
    _room("cms", _("Course editor"), "book-open", "/cms/", Role.TRAINER, Role.PROVIDER_ADMIN),
    _room("practice", _("Practice"), "wrench", "/practice/", Role.BASE_STAFF, Role.TRAINER, Role.PROVIDER_ADMIN),
    _room("exams", _("Exams"), "clipboard-check", "/assessment/", Role.ASSESSOR),
    _room("claims", _("Subsidy claims"), "banknote", "/claims/", Role.HR, Role.PROVIDER_ADMIN),
    _room("review", _("Claim review"), "scale", "/claims/review/", Role.OFFICER),
    _room("desk", _("Counter"), "id-card", "/accounts/desk/", Role.DESK, Role.OFFICER),
    _room("tickets", _("Help tickets"), "messages-square", "/help/desk/", Role.OPERATOR),
)

DESK_NAMES = {
    Role.OFFICER: _("Supervision"),
    Role.HR: _("Enterprise"),
    Role.PROVIDER_ADMIN: _("Training provider"),
    Role.TRAINER: _("Trainer"),
    Role.BASE_STAFF: _("Practice base"),
    Role.ASSESSOR: _("Assessor"),
    Role.DESK: _("Counter"),
    Role.OPERATOR: _("Operations"),
}


def rooms_for(roles: frozenset[str]) -> list[Room]:
    """The rooms that somebody with these roles may enter; a learner has none."""
    return [room for room in ROOMS if roles and (not room.roles or room.roles & {Role(role) for role in roles})]


def desk_name(roles: frozenset[str]) -> str:
    """The name of the desk: that of the first role in the order above."""
    return next((str(name) for role, name in DESK_NAMES.items() if role in roles), "")
