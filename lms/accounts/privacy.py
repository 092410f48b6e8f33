"""What a person may ask of us: to see, to take along, to withdraw, and how pages look to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from lms.accounts import rules
from lms.accounts.audit import ip_now, record_audit
from lms.accounts.data import (
    Addresses,
    ConsentSubject,
    Fault,
    Role,
    UnableToReveal,
    UnknownPerson,
)
from lms.accounts.models import AuditEvent, Consent, Person
from lms.accounts.roles import employments_of, holds_role, roles_of
from lms.accounts.words import CONSENT_VERSION
from lms.lib.localday import local_day
from lms.notices import api as notices
from lms.notices.data import NoticeKind

_EXPORTS: dict[str, Callable[[int, datetime], object]] = {}
_MAY_REVEAL = (Role.OFFICER, Role.DESK, Role.OPERATOR)


def give_consent(*, person_id: int, subject: ConsentSubject, language: str, now: datetime) -> None:
    """The person agrees to the current text; consent to the platform opens it again after a withdrawal."""
    _write_consent(person_id, subject, language, now, given=True)


def withdraw_consent(*, person_id: int, subject: ConsentSubject, language: str, now: datetime) -> None:
    """The person no longer agrees. Without consent to the platform no more data of theirs is taken in; records that
    the law makes us keep stay, and the person may agree again."""
    _write_consent(person_id, subject, language, now, given=False)


def consents_of(*, person_id: int) -> dict[str, bool]:
    """What the person agrees to now, by subject; a subject never asked is missing."""
    rows = Consent.objects.filter(person_id=person_id).order_by("id").values_list("subject", "given")
    return dict(rows)


def register_export(*, section: str, give: Callable[[int, datetime], object]) -> None:
    """A person's export holds one more section. A later package calls this when it starts; `give` takes the person's
    id and now, and returns what may be written as JSON, numbers masked."""
    _EXPORTS[section] = give


def my_data_for(*, person_id: int, now: datetime) -> dict[str, object]:
    """Everything we hold about the person, numbers masked, ready for JSON, the later packages' sections included.
    The export is in the audit log."""
    person = _person(person_id)
    record_audit(
        actor_id=person_id,
        action="export_own_data",
        object_kind="person",
        object_id=person_id,
        now=now,
    )
    return {
        "exported_at": now.isoformat(),
        "person": {
            "person_id": person.pk,
            "username": person.username,
            "name": person.name,
            "name_latin": person.name_latin,
            "mobile": rules.mask_mobile(person.mobile),
            "mobile_verified_at": _when(person.mobile_verified_at),
            "id_type": person.id_type,
            "id_number": rules.mask_id(person.id_number),
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
            "gender": person.gender,
            "level": f"L{person.level}",
            "email": person.email,
            "language": person.language,
            "large_type": person.large_type,
            "hukou": person.hukou,
            "draws_pension": person.draws_pension,
            "insured": person.insured,
            "joined_at": _when(person.joined_at),
            "last_login": _when(person.last_login),
        },
        "groups": [
            {
                "code": row.code,
                "from": row.valid_from.isoformat(),
                "to": _day(row.valid_to),
                "ref": row.ref,
            }
            for row in person.groups_proved.order_by("id")
        ],
        "roles": [
            {
                "organisation": m.organisation_name,
                "role": m.role,
                "from": m.from_on.isoformat(),
            }
            for m in roles_of(person_id=person_id, day=local_day(now))
        ],
        "employments": [
            {
                "employer": e.employer_name,
                "kind": e.kind,
                "from": e.from_on.isoformat(),
                "to": _day(e.to_on),
            }
            for e in employments_of(person_id=person_id)
        ],
        "identity_checks": [
            {
                "at": _when(row.at),
                "method": row.method,
                "outcome": row.outcome,
                "level_after": f"L{row.level_after}",
            }
            for row in person.identity_checks.order_by("id")
        ],
        "consents": [
            {
                "at": _when(row.at),
                "subject": row.subject,
                "version": row.version,
                "given": row.given,
            }
            for row in person.consents.order_by("id")
        ],
        "mobile_changes": [
            {
                "at": _when(row.at),
                "old": rules.mask_mobile(row.old_mobile),
                "new": rules.mask_mobile(row.new_mobile),
                "reason": row.reason,
            }
            for row in person.mobile_changes.order_by("id")
        ],
        "devices": [
            {
                "at": _when(row.started_at),
                "seen_at": _when(row.seen_at),
                "browser": row.user_agent,
                "ip": row.ip,
            }
            for row in person.devices.order_by("id")
        ],
        "shared_phones": [
            {"from": _when(row.declared_at), "to": _when(row.ended_at)} for row in person.phone_shares.order_by("id")
        ],
        "who_looked": [
            {"at": _when(row.at), "action": row.action, "purpose": row.purpose}
            for row in AuditEvent.objects.filter(object_kind="person", object_id=str(person_id))
            .exclude(actor_id=person_id)
            .order_by("id")
        ],
        "notices": notices.export_for(person_id=person_id),
        **{section: give(person_id, now) for section, give in sorted(_EXPORTS.items())},
    }


def reveal_id_number(*, person_id: int, actor_id: int, purpose: str, now: datetime) -> str:
    """The ID number in clear; who asked, when and why is on record. Raises UnableToReveal (purpose, not_allowed)."""
    if len(purpose.strip()) < 4:
        raise UnableToReveal(Fault(field="purpose", code="purpose"))
    allowed = actor_id == person_id or holds_role(person_id=actor_id, roles=_MAY_REVEAL, day=local_day(now))
    person = _person(person_id)
    record_audit(
        actor_id=actor_id,
        action="reveal_id_number" if allowed else "reveal_refused",
        object_kind="person",
        object_id=person_id,
        purpose=purpose.strip(),
        now=now,
    )
    if not allowed:
        raise UnableToReveal(Fault(field="", code="not_allowed"))
    return str(person.id_number)


def addresses_for(*, person_id: int) -> Addresses:
    """Where to reach the person. A number on a roster that nobody verified is no address. Raises UnknownPerson."""
    person = _person(person_id)
    return Addresses(
        mobile=person.mobile if person.mobile_verified_at else None,
        email=person.email or None,
        language=person.language,
    )


def notify(
    *,
    person_id: int,
    kind: NoticeKind,
    params: Mapping[str, str | int],
    key: str,
    now: datetime,
) -> int | None:
    """The person has the notice in the inbox and, as they prefer, on its way by SMS and mail; once per key."""
    reach = addresses_for(person_id=person_id)
    return notices.send(
        person_id=person_id,
        kind=kind,
        params=params,
        mobile=reach.mobile,
        email=reach.email,
        language=reach.language,
        key=key,
        now=now,
    )


def set_language(*, person_id: int, language: str) -> None:
    """Pages and messages reach the person in this language."""
    Person.objects.filter(pk=person_id).update(language=language)


def set_large_type(*, person_id: int, large: bool) -> None:
    """Pages show large type to the person on every device."""
    Person.objects.filter(pk=person_id).update(large_type=large)


def set_email(*, person_id: int, email: str, now: datetime) -> None:
    """Mail goes to this address; empty means none."""
    Person.objects.filter(pk=person_id).update(email=email)
    record_audit(
        actor_id=person_id,
        action="set_email",
        object_kind="person",
        object_id=person_id,
        now=now,
    )


def _write_consent(
    person_id: int,
    subject: ConsentSubject,
    language: str,
    now: datetime,
    *,
    given: bool,
) -> None:
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(pk=person_id).first()
        if person is None:
            raise UnknownPerson(person_id)
        Consent(
            person=person,
            subject=subject,
            version=CONSENT_VERSION,
            given=given,
            language=language,
            ip=ip_now.get(),
            at=now,
        ).save()
        if subject is ConsentSubject.PLATFORM:
            person.consent_withdrawn_at = None if given else now
            person.save(update_fields=["consent_withdrawn_at"])
            if not given:
                notify(
                    person_id=person_id,
                    kind=NoticeKind.CONSENT_WITHDRAWN,
                    params={},
                    key=f"consent_withdrawn:{person_id}:{now.isoformat()}",
                    now=now,
                )


def _person(person_id: int) -> Person:
    try:
        return Person.objects.get(pk=person_id)
    except Person.DoesNotExist as error:
        raise UnknownPerson(person_id) from error


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _day(on: object) -> str | None:
    return str(on) if on else None
