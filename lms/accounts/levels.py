"""How a person rises from L0 to L3 (domain 1.3). Nobody falls, and a missing answer changes nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from lms.accounts import rules
from lms.accounts.audit import record_audit
from lms.accounts.data import (
    BadNumber,
    CheckMethod,
    CheckOutcome,
    Fault,
    IdType,
    Level,
    PersonFacts,
    Role,
    UnableToCheckIdentity,
    UnknownPerson,
)
from lms.accounts.facts import id_index, person_facts
from lms.accounts.identity import identity_adapter
from lms.accounts.identity.base import AdapterUnreachable, Answer, Question
from lms.accounts.models import IdentityCheck, Person
from lms.accounts.roles import holds_role
from lms.lib.localday import local_day

SUPERVISORS = (Role.DESK, Role.OFFICER, Role.BASE_STAFF, Role.TRAINER)


def match_identity(*, person_id: int, now: datetime) -> PersonFacts:
    """The adapter was asked, its answer is on record, and a pass means L2. Unknown and unreachable leave the level."""
    person = _person(person_id)
    if person.level >= Level.MATCHED or not person.id_number:
        return person_facts(person)
    adapter = identity_adapter()
    question = Question(name=person.name, id_type=IdType(person.id_type), id_number=person.id_number)
    try:
        answer = adapter.match(question)
    except AdapterUnreachable:
        answer = Answer(outcome=CheckOutcome.UNREACHABLE)
    to = Level.MATCHED if answer.outcome is CheckOutcome.PASSED else Level(person.level)
    return _record(
        person_id,
        CheckMethod.TWO_ELEMENT,
        adapter.code,
        answer.outcome,
        to,
        None,
        answer.reference,
        now,
    )


def raise_level(
    *,
    person_id: int,
    to: Level,
    method: CheckMethod,
    actor_id: int | None,
    now: datetime,
    note: str = "",
) -> PersonFacts:
    """The person is at least at level `to`, and the check that carried them there is on record.

    L3 needs a supervisor (desk, officer, base staff, trainer) who is somebody else. Raises UnableToCheckIdentity.
    """
    if to is Level.SUPERVISED and (
        method is not CheckMethod.SUPERVISED or not _may_supervise(actor_id, person_id, now)
    ):
        raise UnableToCheckIdentity(Fault(field="", code="not_supervisor"))
    return _record(
        person_id,
        method,
        "desk" if actor_id else "rules",
        CheckOutcome.PASSED,
        to,
        actor_id,
        note,
        now,
    )


def check_at_desk(
    *,
    actor_id: int,
    id_type: IdType,
    id_number: str,
    name: str,
    card_seen: bool,
    now: datetime,
    note: str = "",
) -> PersonFacts:
    """The person was checked in presence against the original card and is at L3.

    Raises UnableToCheckIdentity with: card_not_seen, no_match (no person with this number and name), not_supervisor.
    """
    if not card_seen:
        raise UnableToCheckIdentity(Fault(field="card_seen", code="card_not_seen"))
    person = find_by_card(id_type=id_type, id_number=id_number, name=name)
    if person is None:
        raise UnableToCheckIdentity(Fault(field="id_number", code="no_match"))
    return raise_level(
        person_id=person.pk,
        to=Level.SUPERVISED,
        method=CheckMethod.SUPERVISED,
        actor_id=actor_id,
        now=now,
        note=note,
    )


def find_by_card(*, id_type: IdType, id_number: str, name: str) -> Person | None:
    """The person whose number and name both stand on the card."""
    person = Person.objects.filter(id_index=id_index(id_type, rules.clean_number(id_number))).first()
    try:
        return person if person and person.name == rules.check_name(name) else None
    except BadNumber:
        return None


def _may_supervise(actor_id: int | None, person_id: int, now: datetime) -> bool:
    if actor_id is None or actor_id == person_id:
        return False
    return holds_role(person_id=actor_id, roles=SUPERVISORS, day=local_day(now))


def _record(
    person_id: int,
    method: CheckMethod,
    adapter: str,
    outcome: CheckOutcome,
    to: Level,
    actor_id: int | None,
    note: str,
    now: datetime,
) -> PersonFacts:
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(pk=person_id).first()
        if person is None:
            raise UnknownPerson(person_id)
        before, after = person.level, max(person.level, to)
        IdentityCheck(
            person=person,
            method=method,
            adapter=adapter,
            outcome=outcome,
            level_before=before,
            level_after=after,
            checked_by_id=actor_id,
            note=note[:200],
            at=now,
        ).save()
        if after != before:
            person.level = after
            person.save(update_fields=["level"])
        record_audit(
            actor_id=actor_id,
            action="identity_check",
            object_kind="person",
            object_id=person_id,
            now=now,
            detail={
                "method": method,
                "outcome": outcome,
                "before": before,
                "after": after,
            },
        )
    return person_facts(person)


def _person(person_id: int) -> Person:
    try:
        return Person.objects.get(pk=person_id)
    except Person.DoesNotExist as error:
        raise UnknownPerson(person_id) from error
