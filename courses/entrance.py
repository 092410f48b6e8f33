"""The door of the CMS: roles of the platform become the CMS's own groups at the moment somebody enters."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase

from courses.access import author_organisation_ids, reviewer_organisation_ids
from courses.ground import AUTHORS, OPERATORS, REVIEWERS

_OURS = (AUTHORS, REVIEWERS, OPERATORS)


def seat_by_role(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Only people who write or release courses reach the CMS; their groups agree with their roles of today."""

    @wraps(view)
    def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        groups = groups_for(request.user)
        if not groups and not request.user.is_superuser:
            raise Http404
        _seat(request.user, groups)
        return view(request, *args, **kwargs)

    return seated


def groups_for(person: Any) -> frozenset[str]:
    """The names of the CMS groups that the person's roles give."""
    if person.is_superuser:
        return frozenset()
    if author_organisation_ids(person) is None:
        return frozenset({OPERATORS})
    groups = {AUTHORS} if author_organisation_ids(person) else set()
    if reviewer_organisation_ids(person):
        groups.add(REVIEWERS)
    return frozenset(groups)


def _seat(person: Any, wanted: frozenset[str]) -> None:
    held = frozenset(person.groups.filter(name__in=_OURS).values_list("name", flat=True))
    if held == wanted:
        return
    with transaction.atomic():
        person.groups.remove(*Group.objects.filter(name__in=held - wanted))
        person.groups.add(*Group.objects.filter(name__in=wanted - held))
