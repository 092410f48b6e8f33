"""Which rows and columns of accounts and notices are emptied when a person is erased. Call inside the transaction."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from lms.accounts.models import (
    ApiToken,
    AuditEvent,
    Consent,
    DeviceSession,
    GroupEvidence,
    IdentityCheck,
    MobileChange,
    OneTimeCode,
    Person,
    PersonalValue,
)
from lms.accounts.sharing import forget_shares
from lms.accounts.signin import end_everywhere
from lms.notices import api as notices


def empty_at_once(person: Person) -> None:
    """What nobody needs any more once the person wants to go: addresses, old numbers, devices that have ended."""
    Person.objects.filter(pk=person.pk).update(email="", name_latin="")
    _empty_trail(person.pk)
    DeviceSession.objects.filter(person=person, ended_at__isnull=False).delete()
    ApiToken.objects.filter(person=person, revoked_at__isnull=False).delete()
    notices.forget_addresses(person_id=person.pk)
    forget_shares(person_id=person.pk)


def empty_person(person: Person, *, now: datetime) -> None:
    """Nothing is left by which the (locked) person could be found or recognised; the number stays as a bare number."""
    end_everywhere(person=person, now=now)
    _empty_trail(person.pk)
    if person.mobile_index:
        same = Q(old_index=person.mobile_index) | Q(new_index=person.mobile_index)
        _forget_numbers(MobileChange.objects.filter(same))
        OneTimeCode.objects.filter(mobile_index=person.mobile_index).delete()
    forget_shares(person_id=person.pk)
    DeviceSession.objects.filter(person=person).delete()
    ApiToken.objects.filter(person=person).delete()
    GroupEvidence.objects.filter(person=person).delete()
    PersonalValue.objects.filter(person=person).delete()
    IdentityCheck.objects.filter(person=person).exclude(note="").update(note="")
    AuditEvent.objects.filter(object_kind="person", object_id=str(person.pk)).exclude(purpose="").update(purpose="")
    notices.forget_person(person_id=person.pk, mobile=person.mobile or "", now=now)
    person.username = f"erased-{person.pk}"
    person.name = person.name_latin = person.mobile = person.mobile_index = person.id_type = person.id_number = ""
    person.id_index = person.birth_date = person.mobile_verified_at = person.reverify_since = None
    person.gender = person.email = person.hukou = person.salt = ""
    person.draws_pension = person.insured = person.insured_as_of = person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.erased_at = now
    person.save()


def _empty_trail(person_id: int) -> None:
    """Addresses from which the person came, and numbers that the person once had."""
    Consent.objects.filter(person_id=person_id).exclude(ip="").update(ip="")
    AuditEvent.objects.filter(actor_id=person_id).exclude(ip="").update(ip="")
    _forget_numbers(MobileChange.objects.filter(person_id=person_id))


def _forget_numbers(changes: QuerySet[MobileChange]) -> None:
    changes.update(old_mobile="", old_index="", new_mobile="", new_index="")
