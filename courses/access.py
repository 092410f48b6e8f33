"""For which organisations a person writes courses, and for which the person releases them."""

from __future__ import annotations

from typing import Any

from lms.accounts import api as accounts
from lms.accounts.data import Role

AUTHOR_ROLES = frozenset({Role.TRAINER, Role.PROVIDER_ADMIN})
REVIEWER_ROLES = frozenset({Role.PROVIDER_ADMIN})


def author_organisation_ids(person: Any) -> frozenset[int] | None:
    """The organisations whose courses the person may write; None means every organisation."""
    return _organisation_ids(person, AUTHOR_ROLES)


def reviewer_organisation_ids(person: Any) -> frozenset[int] | None:
    """The organisations whose courses the person may release; None means every organisation."""
    return _organisation_ids(person, REVIEWER_ROLES)


def _organisation_ids(person: Any, roles: frozenset[Role]) -> frozenset[int] | None:
    if not getattr(person, "is_authenticated", False):
        return frozenset()
    if person.is_superuser:
        return None
    held = accounts.roles_of(person_id=person.pk)
    if any(membership.role is Role.OPERATOR for membership in held):
        return None
    return frozenset(membership.organisation_id for membership in held if membership.role in roles)
