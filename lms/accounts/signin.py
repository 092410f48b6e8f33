"""Signing in by password or code, the devices where somebody is signed in, and the tokens of the API."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F

from lms.accounts import rules
from lms.accounts.audit import ip_now, record_audit
from lms.accounts.codes import check_code
from lms.accounts.data import (
    BadCode,
    BadNumber,
    CodePurpose,
    Device,
    Fault,
    IssuedToken,
    UnableToSignIn,
)
from lms.accounts.facts import mobile_index
from lms.accounts.guard import count_attempt, forget_attempts
from lms.accounts.models import ApiToken, DeviceSession, OneTimeCode, Person, SignInGuard
from lms.db.api import blind_index

TOKEN_LIFETIME = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=5)


def person_by_password(*, identifier: str, password: str, now: datetime) -> Person:
    """The person whose mobile number or user name and password these are.

    Every failure costs the same time and gives the same words. Raises UnableToSignIn (wrong, locked).
    """
    name = _identifier(identifier)
    count_attempt(f"password {name}", now=now)
    person = _find(name)
    if person is None or not person.is_active:
        make_password(password)
        raise UnableToSignIn(Fault(field="", code="wrong"))
    if not person.check_password(password):
        raise UnableToSignIn(Fault(field="", code="wrong"))
    forget_attempts(f"password {name}")
    return person


def person_by_code(*, mobile: str, code: str, now: datetime) -> Person:
    """The person whose verified number this is; the code is used up. Raises BadCode, with one text for every reason."""
    try:
        number = rules.check_mobile(mobile)
    except BadNumber as error:
        raise BadCode(Fault(field="mobile", code=error.code)) from error
    check_code(mobile=number, code=code, purpose=CodePurpose.LOGIN, now=now)
    person = _find(number)
    if person is None or not person.is_active:
        raise BadCode(Fault(field="code", code="code_wrong"))
    return person


def open_device(*, person_id: int, session_key: str, user_agent: str, now: datetime) -> None:
    """The browser session is on the person's list of devices, and the sign-in is in the audit log."""
    DeviceSession.objects.update_or_create(
        session_key=session_key,
        defaults={
            "person_id": person_id,
            "user_agent": user_agent[:300],
            "ip": ip_now.get(),
            "started_at": now,
            "seen_at": now,
            "ended_at": None,
        },
    )
    record_audit(
        actor_id=person_id,
        action="sign_in",
        object_kind="person",
        object_id=person_id,
        now=now,
    )


def close_device(*, session_key: str, now: datetime) -> None:
    """The browser session has left the list."""
    DeviceSession.objects.filter(session_key=session_key, ended_at=None).update(ended_at=now)


def note_seen(*, session_key: str, now: datetime) -> None:
    """The device was seen now, noted at most every five minutes."""
    DeviceSession.objects.filter(session_key=session_key, ended_at=None, seen_at__lt=now - _SEEN_EVERY).update(
        seen_at=now
    )


def devices_of(*, person_id: int, session_key: str, now: datetime) -> tuple[Device, ...]:
    """Where the person is signed in, newest first; `session_key` marks the browser that asks."""
    browsers = [
        Device(
            device_id=row.pk,
            kind="browser",
            name=rules.device_name(row.user_agent),
            user_agent=row.user_agent,
            ip=row.ip,
            started_at=row.started_at,
            seen_at=row.seen_at,
            current=row.session_key == session_key,
        )
        for row in DeviceSession.objects.filter(person_id=person_id, ended_at=None)
    ]
    tokens = [
        Device(
            device_id=row.pk,
            kind="token",
            name=rules.device_name(row.user_agent),
            user_agent=row.user_agent,
            ip=row.ip,
            started_at=row.created_at,
            seen_at=row.seen_at,
            current=False,
        )
        for row in ApiToken.objects.filter(
            person_id=person_id,
            revoked_at=None,
            expires_at__gt=now,
            session_epoch=F("person__session_epoch"),
        )
    ]
    return tuple(sorted(browsers + tokens, key=lambda device: device.seen_at, reverse=True))


def end_device(*, person_id: int, kind: str, device_id: int, now: datetime) -> bool:
    """The person is signed out there. False where no such device of theirs is signed in."""
    if kind == "token":
        gone = ApiToken.objects.filter(pk=device_id, person_id=person_id, revoked_at=None).update(revoked_at=now)
    else:
        row = DeviceSession.objects.filter(pk=device_id, person_id=person_id, ended_at=None).first()
        gone = 1 if row else 0
        if row:
            import_module(settings.SESSION_ENGINE).SessionStore(session_key=row.session_key).delete()
            close_device(session_key=row.session_key, now=now)
    if gone:
        record_audit(
            actor_id=person_id, action="end_device", object_kind="person", object_id=person_id, now=now,
            detail={"kind": kind, "device": device_id},
        )  # fmt: skip
    return bool(gone)


def end_everywhere(*, person: Person, now: datetime) -> int:
    """Every session and token of the (locked) person is void from this commit on; how many there were."""
    Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    person.session_epoch += 1
    browsers = DeviceSession.objects.filter(person=person, ended_at=None).update(ended_at=now)
    return browsers + ApiToken.objects.filter(person=person, revoked_at=None).update(revoked_at=now)


def end_other_devices(*, person_id: int, now: datetime) -> int:
    """Every session and token is void; the caller signs the current browser in again. How many there were."""
    with transaction.atomic():
        ended = end_everywhere(person=Person.objects.select_for_update().get(pk=person_id), now=now)
        record_audit(
            actor_id=person_id,
            action="end_all_devices",
            object_kind="person",
            object_id=person_id,
            now=now,
        )
    return ended


def set_password(*, person_id: int, password: str, now: datetime) -> None:
    """The person has this (already validated) password and every session and token is void."""
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person_id)
        person.set_password(password)
        person.save(update_fields=["password"])
        end_everywhere(person=person, now=now)
        record_audit(
            actor_id=person_id,
            action="set_password",
            object_kind="person",
            object_id=person_id,
            now=now,
        )


def issue_token(*, identifier: str, password: str, user_agent: str, now: datetime) -> IssuedToken:
    """A bearer token for seven days. Raises UnableToSignIn as the page does."""
    person = person_by_password(identifier=identifier, password=password, now=now)
    token = f"zp_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        person=person,
        token_hash=_token_hash(token),
        session_epoch=person.session_epoch,
        user_agent=user_agent[:300],
        ip=ip_now.get(),
        created_at=now,
        seen_at=now,
        expires_at=now + TOKEN_LIFETIME,
    )
    record_audit(
        actor_id=person.pk,
        action="issue_token",
        object_kind="person",
        object_id=person.pk,
        now=now,
    )
    return IssuedToken(token=token, expires_at=now + TOKEN_LIFETIME)


def person_by_token(*, token: str, now: datetime) -> Person | None:
    """Whose valid token this is, or None."""
    row = (
        ApiToken.objects.select_related("person")
        .filter(token_hash=_token_hash(token), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if row is None or not row.person.is_active or row.session_epoch != row.person.session_epoch:
        return None
    if row.seen_at < now - _SEEN_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(seen_at=now)
    return row.person


def revoke_token(*, token: str, now: datetime) -> None:
    """The token opens nothing any more; an unknown one changes nothing."""
    row = ApiToken.objects.filter(token_hash=_token_hash(token), revoked_at=None).first()
    if row:
        ApiToken.objects.filter(pk=row.pk).update(revoked_at=now)
        record_audit(
            actor_id=row.person_id, action="revoke_token", object_kind="person", object_id=row.person_id, now=now
        )


def prune_working_state(*, now: datetime) -> int:
    """Codes and counters older than a day and devices that ended a year ago are deleted; how many rows."""
    day, year = now - timedelta(days=1), now - timedelta(days=365)
    gone = (
        OneTimeCode.objects.filter(created_at__lt=day).delete(),
        SignInGuard.objects.filter(first_failed_at__lt=day).delete(),
        DeviceSession.objects.filter(ended_at__lt=year).delete(),
        ApiToken.objects.filter(expires_at__lt=year).delete(),
    )
    return sum(count for count, _by_model in gone)


def _identifier(text: str) -> str:
    try:
        return rules.check_mobile(text)
    except BadNumber:
        return text.strip().lower()[:64]


def _find(identifier: str) -> Person | None:
    if identifier.isdigit():
        return Person.objects.filter(
            mobile_index=mobile_index(identifier),
            mobile_verified_at__isnull=False,
            is_active=True,
        ).first()
    try:
        return Person.objects.filter(username=rules.check_username(identifier)).first()
    except BadNumber:
        return None


def _token_hash(token: str) -> str:
    return blind_index(token, purpose="accounts.token")
