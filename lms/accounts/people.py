"""People come to be, are found, and become better known."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from lms.accounts import rules
from lms.accounts.audit import ip_now, record_audit
from lms.accounts.codes import try_code, use_code
from lms.accounts.data import (
    BadNumber,
    CheckMethod,
    CheckOutcome,
    CodePurpose,
    ConsentSubject,
    Fault,
    Gender,
    IdType,
    Level,
    PersonFacts,
    UnableToEnsurePerson,
    UnableToOpenAccount,
    UnableToRegister,
    UnableToSignIn,
    UnknownPerson,
)
from lms.accounts.facts import id_index, mobile_index, person_facts
from lms.accounts.guard import count_attempt
from lms.accounts.levels import match_identity
from lms.accounts.models import Consent, IdentityCheck, Person
from lms.accounts.words import CONSENT_VERSION
from lms.lib.localday import local_day


def register_person(
    *,
    name: str,
    id_type: IdType,
    id_number: str,
    mobile: str,
    code: str,
    password: str | None,
    consent_version: str,
    now: datetime,
    language: str = "zh-hans",
    face_consent: bool = False,
) -> PersonFacts:
    """The person has an account of level L1 (L2 where the identity adapter knows them), opened by this mobile number,
    with consent on record.

    Somebody who stands on a roster already becomes the owner of that same person. Raises UnableToRegister with every
    faulty field at once; a code that was right stays good. One refusal, `not_possible`, covers an ID number that
    another account holds and a name that does not fit it, so that nobody learns who is registered.
    """
    clean, faults = _clean(name, id_type, id_number, mobile, now)
    faults += _password_faults(password, name)
    if consent_version != CONSENT_VERSION:
        faults.append(Fault(field="consent", code="consent_missing"))
    if faults:
        raise UnableToRegister(*faults)
    code_id = try_code(mobile=clean.mobile, code=code, purpose=CodePurpose.REGISTER, now=now)
    _slow_down(clean.mobile, now)
    try:
        with transaction.atomic():
            use_code(code_id=code_id, now=now)
            person = _claim(clean, now)
            person.language = language
            person.set_password(password) if password else person.set_unusable_password()
            person.mobile, person.mobile_index = (
                clean.mobile,
                mobile_index(clean.mobile),
            )
            person.mobile_verified_at = person.claimed_at = now
            _save_claimed(person)
            _write_consents(person, face=face_consent, language=language, now=now)
            record_audit(
                actor_id=person.pk,
                action="register",
                object_kind="person",
                object_id=person.pk,
                now=now,
            )
    except IntegrityError as error:
        raise UnableToRegister(Fault(field="", code="not_possible")) from error
    return match_identity(person_id=person.pk, now=now)


def ensure_person(
    *,
    name: str,
    id_number: str,
    mobile: str = "",
    id_type: IdType = IdType.RESIDENT_ID,
    actor_id: int | None,
    now: datetime,
) -> PersonFacts:
    """The person with this ID number exists (L1 when new). The mobile is only noted: it opens nothing until the
    person registers with it. Raises UnableToEnsurePerson, name_mismatch where the number is known under another name.
    """
    clean, faults = _clean(name, id_type, id_number, mobile, now, mobile_needed=False)
    if faults:
        raise UnableToEnsurePerson(*faults)
    person = _find(clean.index)
    if person is None:
        try:
            with transaction.atomic():
                person = _create(clean, now)
                person.mobile, person.mobile_index = (
                    clean.mobile,
                    mobile_index(clean.mobile),
                )
                person.save()
                _note_checksum(person, now)
                record_audit(
                    actor_id=actor_id,
                    action="add_person",
                    object_kind="person",
                    object_id=person.pk,
                    now=now,
                )
        except IntegrityError:
            person = Person.objects.get(id_index=clean.index)
    if person.name != clean.name:
        raise UnableToEnsurePerson(Fault(field="name", code="name_mismatch"))
    return person_facts(person)


def create_account(
    *,
    name: str,
    username: str,
    password: str,
    id_number: str = "",
    mobile: str = "",
    email: str = "",
    language: str = "zh-hans",
    is_staff: bool = False,
    is_superuser: bool = False,
    actor_id: int | None,
    now: datetime,
) -> PersonFacts:
    """A person set up by staff can sign in with this user name (and mobile, if given). Raises UnableToOpenAccount."""
    faults: list[Fault] = []
    values: dict[str, str] = {}
    for field, check, text, needed in (
        ("username", rules.check_username, username, True),
        ("name", rules.check_name, name, True),
        ("mobile", rules.check_mobile, mobile, False),
    ):
        try:
            values[field] = check(text) if text or needed else ""
        except BadNumber as error:
            faults.append(Fault(field=field, code=error.code))
    faults += _password_faults(password, name)
    if faults:
        raise UnableToOpenAccount(*faults)
    try:
        with transaction.atomic():
            if id_number:
                known = ensure_person(
                    name=name,
                    id_number=id_number,
                    mobile=mobile,
                    actor_id=actor_id,
                    now=now,
                )
                person = Person.objects.select_for_update().get(pk=known.person_id)
            else:
                person = Person(name=values["name"], joined_at=now)
            if person.claimed_at:
                raise UnableToOpenAccount(Fault(field="username", code="username_taken"))
            person.username, person.email, person.language = (
                values["username"],
                email,
                language,
            )
            person.mobile, person.mobile_index = (
                values["mobile"],
                mobile_index(values["mobile"]),
            )
            person.mobile_verified_at = now if values["mobile"] else None
            person.claimed_at, person.is_staff, person.is_superuser = (
                now,
                is_staff,
                is_superuser,
            )
            person.set_password(password)
            person.save()
            record_audit(
                actor_id=actor_id,
                action="create_account",
                object_kind="person",
                object_id=person.pk,
                now=now,
            )
    except IntegrityError as error:
        raise UnableToOpenAccount(Fault(field="username", code="username_taken")) from error
    except UnableToEnsurePerson as error:
        raise UnableToOpenAccount(*error.faults) from error
    return person_facts(person)


def get_person(*, person_id: int) -> PersonFacts:
    """The facts of one person. Raises UnknownPerson."""
    try:
        return person_facts(Person.objects.get(pk=person_id))
    except Person.DoesNotExist as error:
        raise UnknownPerson(person_id) from error


def get_people(*, person_ids: Collection[int]) -> dict[int, PersonFacts]:
    """The facts by person id, in two queries; unknown ids are left out."""
    rows = Person.objects.filter(pk__in=set(person_ids)).prefetch_related("groups_proved")
    return {row.pk: person_facts(row) for row in rows}


def find_person_by_id_number(*, id_number: str, id_type: IdType = IdType.RESIDENT_ID) -> PersonFacts | None:
    """The person with exactly this number, or None. The caller must already hold the whole number."""
    person = _find(id_index(id_type, rules.clean_number(id_number)))
    return person_facts(person) if person else None


def find_person_by_username(*, username: str) -> PersonFacts | None:
    """The person with this user name, or None."""
    person = Person.objects.filter(username=username.strip().lower()).first()
    return person_facts(person) if person else None


def record_status(
    *,
    person_id: int,
    actor_id: int | None,
    now: datetime,
    hukou: str | None = None,
    draws_pension: bool | None = None,
    insured: bool | None = None,
    insured_as_of: date | None = None,
) -> PersonFacts:
    """What is given is now on record for the person (None: unchanged), with an audit row. `hukou`: local or outside."""
    if hukou not in (None, "", "local", "outside"):
        raise ValueError(hukou)
    given = {
        "hukou": hukou,
        "draws_pension": draws_pension,
        "insured": insured,
        "insured_as_of": insured_as_of,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    with transaction.atomic():
        if not Person.objects.filter(pk=person_id).update(**changes):
            raise UnknownPerson(person_id)
        record_audit(
            actor_id=actor_id,
            action="record_status",
            object_kind="person",
            object_id=person_id,
            now=now,
            detail={"fields": sorted(changes)},
        )
    return get_person(person_id=person_id)


class _Clean:
    """The checked values of one identity."""

    __slots__ = ("born", "gender", "id_type", "index", "mobile", "name", "number")

    def __init__(self, id_type: IdType) -> None:
        self.id_type = id_type
        self.name = self.number = self.mobile = self.index = ""
        self.born: date | None = None
        self.gender = Gender.UNKNOWN


def _clean(
    name: str,
    id_type: IdType,
    id_number: str,
    mobile: str,
    now: datetime,
    *,
    mobile_needed: bool = True,
) -> tuple[_Clean, list[Fault]]:
    clean, faults, today = _Clean(id_type), [], local_day(now)
    try:
        clean.name = rules.check_name(name)
    except BadNumber as error:
        faults.append(Fault(field="name", code=error.code))
    try:
        clean.number, clean.born, clean.gender = rules.check_document(id_type, id_number, today)
        clean.index = id_index(id_type, clean.number)
        if not rules.old_enough(clean.born, today):
            faults.append(Fault(field="id_number", code="too_young"))
    except BadNumber as error:
        faults.append(Fault(field="id_number", code=error.code))
    try:
        clean.mobile = rules.check_mobile(mobile) if mobile or mobile_needed else ""
    except BadNumber as error:
        faults.append(Fault(field="mobile", code=error.code))
    return clean, faults


def _slow_down(mobile: str, now: datetime) -> None:
    """Trying many ID numbers from one mobile stops at the sixth, so that nobody maps who is registered."""
    try:
        count_attempt(f"register {mobile}", now=now)
    except UnableToSignIn as error:
        raise UnableToRegister(*error.faults) from error


def _password_faults(password: str | None, name: str) -> list[Fault]:
    if not password:
        return []
    try:
        validate_password(password, Person(username="-", name=name))
    except ValidationError as error:
        return [Fault(field="password", code="password", detail=" ".join(error.messages))]
    return []


def _find(index: str) -> Person | None:
    return Person.objects.filter(id_index=index).prefetch_related("groups_proved").first()


def _create(clean: _Clean, now: datetime) -> Person:
    person = Person(
        username=f"u{secrets.token_hex(6)}",
        name=clean.name,
        id_type=clean.id_type,
        id_number=clean.number,
        id_index=clean.index,
        birth_date=clean.born,
        gender=clean.gender,
        level=Level.WELL_FORMED,
        joined_at=now,
    )
    person.set_unusable_password()
    return person


def _claim(clean: _Clean, now: datetime) -> Person:
    """A new person, or the unclaimed one from a roster, not yet saved. Another holder of the mobile is refused."""
    holder = Person.objects.filter(mobile_index=mobile_index(clean.mobile), mobile_verified_at__isnull=False)
    if holder.filter(is_active=True).exists():
        raise UnableToRegister(Fault(field="mobile", code="mobile_taken"))
    person = Person.objects.select_for_update().filter(id_index=clean.index).first()
    if person is None:
        return _create(clean, now)
    if person.claimed_at or person.name != clean.name:
        raise UnableToRegister(Fault(field="", code="not_possible"))
    return person


def _save_claimed(person: Person) -> None:
    new = person.pk is None
    person.save()
    if new and person.claimed_at:
        _note_checksum(person, person.claimed_at)


def _note_checksum(person: Person, now: datetime) -> None:
    IdentityCheck(
        person=person,
        method=CheckMethod.CHECKSUM,
        adapter="rules",
        outcome=CheckOutcome.PASSED,
        level_before=Level.DECLARED,
        level_after=Level.WELL_FORMED,
        at=now,
    ).save()


def _write_consents(person: Person, *, face: bool, language: str, now: datetime) -> None:
    for subject in (ConsentSubject.PLATFORM, ConsentSubject.FACE) if face else (ConsentSubject.PLATFORM,):
        Consent(
            person=person,
            subject=subject,
            version=CONSENT_VERSION,
            given=True,
            language=language,
            ip=ip_now.get(),
            at=now,
        ).save()
