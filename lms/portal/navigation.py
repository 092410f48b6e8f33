"""The rooms of each role, in the order of a working day."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lms.accounts.data import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One entry of the side bar; `note` says what is done there. `roles` empty: every desk has it."""

    key: str
    label: Promise
    note: Promise
    icon: str
    href: str
    roles: frozenset[Role]


def _room(key: str, icon: str, href: str, label: Promise, note: Promise, *roles: Role) -> Room:
    return Room(key=key, label=label, note=note, icon=icon, href=href, roles=frozenset(roles))


_TEACHES = (Role.TRAINER, Role.PROVIDER_ADMIN)
ROOMS = (
    _room("home", "layout-dashboard", "/home/", _("Overview"), _("What waits for you")),
    _room(
        "filings",
        "file-check",
        "/classes/filings/",
        _("Class filings"),
        _("Check filed classes before they start"),
        Role.OFFICER,
    ),
    _room(
        "classes",
        "presentation",
        "/classes/",
        _("Classes"),
        _("Plan, roster and filing of each class"),
        Role.HR,
        Role.OFFICER,
        *_TEACHES,
    ),
    _room("media", "monitor-play", "/media-desk/", _("Videos"), _("Upload lessons and captions"), *_TEACHES),
    _room("cms", "book-open", "/cms/", _("Course editor"), _("Write courses, preview and publish them"), *_TEACHES),
    _room(
        "practice",
        "wrench",
        "/practice/",
        _("Practice"),
        _("Timetable, sign-in code and sign-off"),
        Role.BASE_STAFF,
        *_TEACHES,
    ),
    _room(
        "points",
        "monitor-check",
        "/points/",
        _("Learning points"),
        _("PCs under a supervisor's eyes: check in, still there, check out"),
        Role.HR,
        Role.BASE_STAFF,
        *_TEACHES,
    ),
    _room(
        "exams",
        "clipboard-check",
        "/assessment/",
        _("Exams"),
        _("Enter and seal marks"),
        Role.ASSESSOR,
    ),
    _room(
        "claims",
        "banknote",
        "/claims/",
        _("Subsidy claims"),
        _("Who is included, who is not and why; submit"),
        Role.HR,
        Role.PROVIDER_ADMIN,
    ),
    _room(
        "review",
        "scale",
        "/claims/review/",
        _("Claim review"),
        _("Clause by clause; approve, refuse, payment file"),
        Role.OFFICER,
    ),
    _room(
        "flags",
        "flag",
        "/oversight/flags/",
        _("Flags"),
        _("What a person should look at; clear or confirm"),
        Role.OFFICER,
    ),
    _room(
        "appeals",
        "gavel",
        "/appeals/",
        _("Appeals"),
        _("Answer learners whose time was not counted"),
        Role.OFFICER,
        Role.PROVIDER_ADMIN,
    ),
    _room(
        "desk",
        "id-card",
        "/accounts/desk/",
        _("Counter"),
        _("Replace a lost number against the ID card"),
        Role.DESK,
        Role.OFFICER,
    ),
    _room(
        "erasures",
        "user-x",
        "/accounts/erasures/",
        _("Retention and erasure"),
        _("What must be kept until when; run what is due"),
        Role.OPERATOR,
    ),
    _room(
        "tickets",
        "messages-square",
        "/help/desk/",
        _("Help tickets"),
        _("Answer within 2 hours, solve within 3 working days"),
        Role.OPERATOR,
    ),
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
