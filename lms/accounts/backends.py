"""How Django's own doors (Wagtail's login, the test client) recognise people: by the same rules as our pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from lms.accounts.data import UnableToSignIn
from lms.accounts.models import Person
from lms.accounts.signin import person_by_password


class DoorBackend(ModelBackend):
    """Mobile number or user name with a password, with the lock after failures."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_others: Any
    ) -> Person | None:
        if not username or password is None:
            return None
        try:
            return person_by_password(identifier=username, password=password, now=timezone.now())  # noqa: TID251  Django's login is an edge
        except UnableToSignIn as error:
            if error.code == "locked":
                raise PermissionDenied from error
            return None
