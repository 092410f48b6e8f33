"""A phone that a family shares: everybody keeps an own account, switching is quick, and nobody sees anything of others.

A phone is known by a random key in a cookie; only people who declared on that very phone are shown on it, masked, and
each still signs in with their own code or password. Sharing alone never blocks and never voids: the declaration is
there to be read by whoever weighs a risk.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from lms.accounts import rules
from lms.accounts.audit import record_audit
from lms.accounts.data import DeclaredSharing, PhoneAccount
from lms.accounts.models import Person, PhoneShare, SharedPhone
from lms.db.api import blind_index

KEY_LENGTH = 43
MOST_ACCOUNTS = 8


def phone_index(key: str) -> str:
    """How the phone behind a cookie's key is named wherever it is kept; empty for something that is no key."""
    return blind_index(key, purpose="accounts.phone") if len(key) == KEY_LENGTH else ""


def declare_sharing(*, person_id: int, key: str, now: datetime) -> str:
    """The person's word that others use this phone too is on record; the key that the phone's cookie must hold.

    A phone without a known key gets a fresh one. Saying it again changes nothing.
    """
    with transaction.atomic():
        phone = SharedPhone.objects.select_for_update().filter(key_index=phone_index(key)).first()
        if phone is None:
            key = secrets.token_urlsafe(32)
            phone = SharedPhone.objects.create(key_index=phone_index(key), declared_at=now)
        Person.objects.select_for_update().get(pk=person_id)
        if not PhoneShare.objects.filter(phone=phone, person_id=person_id, ended_at=None).exists():
            PhoneShare.objects.create(phone=phone, person_id=person_id, declared_at=now)
            _audit(person_id, "declare_shared_phone", phone.pk, now)
    return key


def end_sharing(*, person_id: int, key: str, now: datetime) -> bool:
    """The person is no longer shown on this phone. False where they were not."""
    share = PhoneShare.objects.filter(phone__key_index=phone_index(key), person_id=person_id, ended_at=None).first()
    ended = share is not None and PhoneShare.objects.filter(pk=share.pk, ended_at=None).update(ended_at=now) == 1
    if ended and share is not None:
        _audit(person_id, "end_shared_phone", share.phone_id, now)
    return ended


def accounts_on(*, key: str) -> tuple[PhoneAccount, ...]:
    """The accounts of everybody who declared on this phone and may sign in, in the order of their declarations."""
    rows = PhoneShare.objects.filter(phone__key_index=phone_index(key) or None, ended_at=None, person__is_active=True)
    return tuple(_account(row) for row in rows.select_related("person").order_by("pk")[:MOST_ACCOUNTS])


def person_on(*, key: str, share_id: int) -> Person | None:
    """The person of one of the accounts of this phone; None for any other phone's."""
    rows = PhoneShare.objects.filter(pk=share_id, phone__key_index=phone_index(key) or None, ended_at=None)
    share = rows.filter(person__is_active=True).select_related("person").first()
    return share.person if share else None


def declared_sharing(*, phone: str) -> tuple[DeclaredSharing, ...]:
    """Everybody who declared to share the phone with that index, past declarations included. For risk flags."""
    rows = PhoneShare.objects.filter(phone__key_index=phone or None).order_by("pk")
    return tuple(
        DeclaredSharing(person_id=row.person_id, declared_at=row.declared_at, ended_at=row.ended_at) for row in rows
    )


def shares_phone_with(*, person_id: int, at: datetime) -> frozenset[int]:
    """With whom the person shared a phone at that instant, by the word of both. For risk flags."""
    mine = PhoneShare.objects.filter(person_id=person_id)
    phones = [row.phone_id for row in mine if _held(row, at)]
    others = PhoneShare.objects.filter(phone_id__in=phones).exclude(person_id=person_id)
    return frozenset(row.person_id for row in others if _held(row, at))


def forget_shares(*, person_id: int) -> None:
    """The person stands on no phone any more, and a phone on which nobody stands is gone."""
    phones = list(PhoneShare.objects.filter(person_id=person_id).values_list("phone_id", flat=True))
    PhoneShare.objects.filter(person_id=person_id).delete()
    SharedPhone.objects.filter(pk__in=phones, shares=None).delete()


def _held(row: PhoneShare, at: datetime) -> bool:
    return row.declared_at <= at and (row.ended_at is None or at < row.ended_at)


def _account(row: PhoneShare) -> PhoneAccount:
    person = row.person
    return PhoneAccount(
        share_id=row.pk,
        person_id=person.pk,
        masked_name=rules.mask_name(person.name),
        masked_mobile=rules.mask_mobile(person.mobile),
        by_code=person.mobile_verified_at is not None,
        by_password=person.has_usable_password(),
    )


def _audit(person_id: int, action: str, phone_id: int, now: datetime) -> None:
    detail = {"phone": phone_id}
    record_audit(actor_id=person_id, action=action, object_kind="person", object_id=person_id, now=now, detail=detail)
