"""A mobile number changes hands: at a staffed desk against the card, or by its owner with both numbers at hand."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from lms.accounts import rules
from lms.accounts.audit import record_audit
from lms.accounts.codes import try_code, use_code
from lms.accounts.data import (
    BadNumber,
    CodePurpose,
    Fault,
    IdType,
    MobileReason,
    MobileReplaced,
    PersonFacts,
    Role,
    UnableToReplaceMobile,
)
from lms.accounts.facts import mobile_index, person_facts
from lms.accounts.levels import find_by_card
from lms.accounts.models import MobileChange, Person
from lms.accounts.roles import holds_role
from lms.accounts.signin import end_everywhere
from lms.lib.localday import local_day
from lms.notices import api as notices
from lms.notices.data import NoticeKind

_STAFF = (Role.DESK, Role.OFFICER)


def replace_mobile(
    *,
    actor_id: int,
    id_type: IdType,
    id_number: str,
    name: str,
    new_mobile: str,
    code: str,
    reason: MobileReason,
    card_seen: bool,
    now: datetime,
) -> MobileReplaced:
    """The person on the card signs in with the new number; the old one opens nothing any more.

    Facts asked for: the original card in the officer's hand (number and name fit an account) and a code received on
    the new number. All sessions of the person end, the old number gets a notice without personal data, the history is
    kept. A former owner of the new number loses it as a login, is signed out and marked to be verified again.
    Raises UnableToReplaceMobile (not_desk, card_not_seen, no_match, mobile, same_mobile), BadCode.
    """
    number = _clean_mobile(new_mobile)
    if not card_seen:
        raise UnableToReplaceMobile(Fault(field="card_seen", code="card_not_seen"))
    found = find_by_card(id_type=id_type, id_number=id_number, name=name)
    if not holds_role(person_id=actor_id, roles=_STAFF, day=local_day(now)) or (found and found.pk == actor_id):
        raise UnableToReplaceMobile(Fault(field="", code="not_desk"))
    if found is None:
        raise UnableToReplaceMobile(Fault(field="id_number", code="no_match"))
    code_id = try_code(mobile=number, code=code, purpose=CodePurpose.MOBILE, now=now)
    return _replace(found.pk, number, (code_id,), reason, actor_id, now)


def change_own_mobile(
    *, person_id: int, old_code: str, new_mobile: str, new_code: str, now: datetime
) -> MobileReplaced:
    """The person signs in with the new number from now on, having shown codes from both the old and the new one.

    Raises UnableToReplaceMobile (no_mobile, mobile, same_mobile, mobile_taken), BadCode.
    """
    number = _clean_mobile(new_mobile)
    person = Person.objects.get(pk=person_id)
    if not person.mobile_verified_at:
        raise UnableToReplaceMobile(Fault(field="", code="no_mobile"))
    if _holders(mobile_index(number)).exclude(pk=person_id).exists():
        raise UnableToReplaceMobile(Fault(field="new_mobile", code="mobile_taken"))
    old_id = try_code(mobile=person.mobile or "", code=old_code, purpose=CodePurpose.MOBILE, now=now)
    new_id = try_code(mobile=number, code=new_code, purpose=CodePurpose.MOBILE, now=now)
    return _replace(person_id, number, (old_id, new_id), MobileReason.CHANGED, person_id, now)


def _clean_mobile(text: str) -> str:
    try:
        return rules.check_mobile(text)
    except BadNumber as error:
        raise UnableToReplaceMobile(Fault(field="new_mobile", code=error.code)) from error


def _holders(index: str) -> QuerySet[Person]:
    return Person.objects.filter(mobile_index=index, mobile_verified_at__isnull=False, is_active=True)


def _replace(
    person_id: int,
    number: str,
    code_ids: tuple[int, ...],
    reason: MobileReason,
    actor_id: int,
    now: datetime,
) -> MobileReplaced:
    index = mobile_index(number)
    with transaction.atomic():
        concerned = Person.objects.select_for_update().filter(
            Q(pk=person_id) | Q(mobile_index=index, mobile_verified_at__isnull=False, is_active=True)
        )
        rows = {row.pk: row for row in concerned.order_by("pk")}
        person = rows.pop(person_id)
        if person.mobile_index == index and person.mobile_verified_at:
            raise UnableToReplaceMobile(Fault(field="new_mobile", code="same_mobile"))
        for code_id in code_ids:
            use_code(code_id=code_id, now=now)
        for former in rows.values():
            _take_away(former, actor_id, now)
        old = person.mobile
        change = _write_change(person, number, index, reason, actor_id, now)
        person.mobile, person.mobile_index, person.mobile_verified_at = (
            number,
            index,
            now,
        )
        person.claimed_at, person.reverify_since = person.claimed_at or now, None
        person.save()
        ended = end_everywhere(person=person, now=now)
        notices.send(
            person_id=person.pk,
            kind=NoticeKind.MOBILE_REPLACED,
            params={"mobile": rules.mask_mobile(number)},
            mobile=old or None,
            email=person.email or None,
            language=person.language,
            key=f"mobile_replaced:{change.pk}",
            now=now,
        )
    return MobileReplaced(
        person=person_facts(person),
        displaced_person_id=next(iter(rows), None),
        sessions_ended=ended,
    )


def _take_away(former: Person, actor_id: int, now: datetime) -> None:
    """The former owner of a recycled number keeps account and history, and must be verified again at a desk."""
    change = _write_change(former, "", "", MobileReason.DISPLACED, actor_id, now)
    former.mobile = former.mobile_index = ""
    former.mobile_verified_at, former.reverify_since = None, now
    former.save()
    end_everywhere(person=former, now=now)
    notices.send(
        person_id=former.pk,
        kind=NoticeKind.MOBILE_TAKEN_OVER,
        params={},
        mobile=None,
        email=former.email or None,
        language=former.language,
        key=f"mobile_replaced:{change.pk}",
        now=now,
    )


def _write_change(
    person: Person,
    number: str,
    index: str,
    reason: MobileReason,
    actor_id: int,
    now: datetime,
) -> MobileChange:
    change = MobileChange(
        person=person,
        old_mobile=person.mobile,
        old_index=person.mobile_index,
        new_mobile=number,
        new_index=index,
        reason=reason,
        changed_by_id=actor_id,
        at=now,
    )
    change.save()
    record_audit(
        actor_id=actor_id,
        action="replace_mobile",
        object_kind="person",
        object_id=person.pk,
        purpose=reason,
        now=now,
        detail={"change": change.pk},
    )
    return change


def mobile_history(*, person_id: int) -> tuple[tuple[datetime, str, str, str], ...]:
    """Every change of the person's number: when, old and new masked, why; newest first."""
    rows = MobileChange.objects.filter(person_id=person_id).order_by("-id")
    return tuple(
        (
            row.at,
            rules.mask_mobile(row.old_mobile),
            rules.mask_mobile(row.new_mobile),
            row.reason,
        )
        for row in rows
    )


def person_on_card(*, actor_id: int, id_type: IdType, id_number: str, name: str, now: datetime) -> PersonFacts | None:
    """The account that fits number and name, for desk staff only; the look-up is in the audit log."""
    if not holds_role(person_id=actor_id, roles=_STAFF, day=local_day(now)):
        return None
    found = find_by_card(id_type=id_type, id_number=id_number, name=name)
    record_audit(
        actor_id=actor_id,
        action="look_up_card",
        object_kind="person",
        object_id=found.pk if found else "",
        now=now,
        detail={"found": found is not None},
    )
    return person_facts(found) if found else None
