"""A person is erased: what must be kept until when and why, what goes at once, and the run that erases what is due.

What is sealed holds commitments only, so that every digest, chain and signature is as valid afterwards as before. Later
packages say with `register_erasure` what they keep and how they erase; each acts in the one transaction of the person,
so that a run may be killed anywhere and started anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from lms.accounts.audit import record_audit
from lms.accounts.data import (
    ConsentSubject,
    ErasureFacts,
    ErasureOrigin,
    ErasurePlan,
    ErasureRun,
    Fault,
    Kept,
    UnableToErase,
    UnknownPerson,
)
from lms.accounts.emptying import empty_at_once, empty_person
from lms.accounts.models import Erasure, Membership, Person
from lms.accounts.privacy import withdraw_consent
from lms.accounts.retention import rule
from lms.lib.localday import local_day

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One package's say in an erasure."""

    keep: Callable[[int], Sequence[Kept]]
    at_once: Callable[[int, datetime], None]
    when_due: Callable[[int, datetime], None]


_PARTS: dict[str, _Part] = {}


def _keep_nothing(_person_id: int) -> Sequence[Kept]:
    return ()


def _erase_nothing(_person_id: int, _now: datetime) -> None:
    """The package holds nothing that goes at this moment."""


def register_erasure(
    *,
    section: str,
    keep: Callable[[int], Sequence[Kept]] = _keep_nothing,
    at_once: Callable[[int, datetime], None] = _erase_nothing,
    when_due: Callable[[int, datetime], None] = _erase_nothing,
) -> None:
    """A later package takes part in erasing people. `keep` says what must stay; `at_once` erases what goes with the
    request, `when_due` all the rest. Both run inside the person's transaction and may be repeated."""
    _PARTS[section] = _Part(keep=keep, at_once=at_once, when_due=when_due)


def erasure_plan(*, person_id: int, asked_on: date, today: date) -> ErasurePlan:
    """What must be kept about the person on that day, longest first, and when the last of it may go."""
    think = Kept(rule="second_thoughts", subject="", until=rule("second_thoughts").until(asked_on))
    listed = [think, *_own_keeping(person_id, today)]
    for part in _PARTS.values():
        listed += part.keep(person_id)
    kept = [one for one in listed if one.until is None or one.until >= today]
    kept.sort(key=lambda one: (one.until is not None, -(one.until or today).toordinal(), one.rule, one.subject))
    if any(one.until is None for one in kept):
        return ErasurePlan(kept=tuple(kept), due_on=None)
    last = max((one.until for one in kept if one.until is not None), default=None)
    return ErasurePlan(kept=tuple(kept), due_on=last + timedelta(days=1) if last else today)


def erasure_of(*, person_id: int) -> ErasureFacts | None:
    """The erasure that the person asked for, or None."""
    row = Erasure.objects.filter(person_id=person_id).first()
    return _facts(row) if row else None


def list_erasures(*, waiting: bool) -> tuple[ErasureFacts, ...]:
    """Every erasure that waits, soonest due first and those without a day last; or every one that was carried out,
    latest first."""
    rows = Erasure.objects.filter(erased_at__isnull=waiting)
    ordered = rows.order_by("due_on", "id") if waiting else rows.order_by("-erased_at", "-id")
    return tuple(_facts(row) for row in ordered)


def request_erasure(*, person_id: int, confirmation: str, language: str, now: datetime) -> ErasureFacts:
    """The person will be erased as soon as nothing must be kept; what need not wait is gone already, and nothing more
    is taken in. Asking again changes nothing. Raises UnableToErase (confirmation), UnknownPerson.

    `confirmation`: the last four characters of the own ID number, or the user name where there is none.
    """
    today = local_day(now)
    with transaction.atomic():
        person = _locked(person_id)
        expected = (person.id_number or "")[-4:] or person.username
        if confirmation.strip().upper() != expected.upper():
            raise UnableToErase(Fault(field="confirmation", code="erasure_confirmation"))
        found = Erasure.objects.filter(person=person).first()
        if found is not None:
            return _facts(found)
        plan = erasure_plan(person_id=person_id, asked_on=today, today=today)
        row = Erasure.objects.create(
            person=person, origin=ErasureOrigin.ASKED, asked_at=now, due_on=plan.due_on, checked_on=today
        )
        if person.consent_withdrawn_at is None:
            withdraw_consent(person_id=person_id, subject=ConsentSubject.PLATFORM, language=language, now=now)
        for part in _PARTS.values():
            part.at_once(person_id, now)
        empty_at_once(person)
        _audit(person_id, "ask_erasure", person_id, now)
    return _facts(row)


def take_back_erasure(*, person_id: int, now: datetime) -> bool:
    """The person stays. What went at once is gone all the same. False where nothing waited."""
    with transaction.atomic():
        _locked(person_id)
        gone, _by_model = Erasure.objects.filter(person_id=person_id, erased_at=None).delete()
        if gone:
            _audit(person_id, "take_back_erasure", person_id, now)
    return bool(gone)


def erase_again(*, person_ids: Collection[int], now: datetime) -> int:
    """People who were erased before and came back with a restored backup are on the list again; how many are new."""
    people = Person.objects.filter(pk__in=set(person_ids), erased_at=None, erasure=None).values_list("pk", flat=True)
    return len(_list(list(people), now))


def erase_due(*, now: datetime, limit: int = 1000) -> ErasureRun:
    """Everybody whose last keeping has ended is erased, one transaction each; those who must still wait have their day
    worked out anew, once a day. A failure concerns one person and is tried again by the next run."""
    today = local_day(now)
    _note_expired(now=now, limit=limit)
    open_rows = Erasure.objects.filter(erased_at=None).filter(Q(checked_on__lt=today) | Q(due_on__lte=today))
    erased = waiting = failed = 0
    for person_id in open_rows.order_by("id").values_list("person_id", flat=True)[:limit]:
        try:
            if _erase_if_due(person_id, now):
                erased += 1
            else:
                waiting += 1
        except Exception:
            log.exception("erasure_failed", person_id=person_id)
            failed += 1
    return ErasureRun(erased=erased, waiting=waiting, failed=failed)


def _erase_if_due(person_id: int, now: datetime) -> bool:
    """Whether the person is erased now. Another run at the same person is waited for; then nothing is left to do."""
    today = local_day(now)
    with transaction.atomic():
        person = _locked(person_id)
        row = Erasure.objects.filter(person=person, erased_at=None).first()
        if row is None:
            return False
        plan = erasure_plan(person_id=person_id, asked_on=local_day(row.asked_at), today=today)
        row.due_on, row.checked_on = plan.due_on, today
        due = plan.due_on is not None and plan.due_on <= today
        if due:
            for part in _PARTS.values():
                part.when_due(person_id, now)
            empty_person(person, now=now)
            row.erased_at = now
            _audit(None, "erase_person", person_id, now)
            transaction.on_commit(lambda: log.info("person_erased", person_id=person_id))
        row.save(update_fields=["due_on", "checked_on", "erased_at"])
    return due


def _note_expired(*, now: datetime, limit: int) -> None:
    """People from old rosters who never came are on the list, because nobody else would ask for them."""
    today = local_day(now)
    long_ago = [
        person.pk
        for person in Person.objects.filter(
            claimed_at=None, erased_at=None, erasure=None, joined_at__lt=now - timedelta(days=365)
        ).order_by("pk")[:limit]
        if rule("never_claimed").until(local_day(person.joined_at)) < today
    ]
    _list(long_ago, now)


def _list(person_ids: Sequence[int], now: datetime) -> list[Erasure]:
    rows = [
        Erasure(
            person_id=person_id,
            origin=ErasureOrigin.RETENTION,
            asked_at=now,
            due_on=local_day(now),
            checked_on=local_day(now),
        )
        for person_id in person_ids
    ]
    return Erasure.objects.bulk_create(rows, ignore_conflicts=True)


def _own_keeping(person_id: int, today: date) -> list[Kept]:
    """Somebody who acts for an organisation, or did, is answerable for what was signed."""
    found = []
    if Person.objects.filter(Q(is_staff=True) | Q(is_superuser=True), pk=person_id).exists():
        found.append(Kept(rule="role_held", subject="", until=None))
    for row in Membership.objects.filter(person_id=person_id).select_related("organisation").order_by("pk"):
        name = row.organisation.name
        if row.to_on is None or row.to_on > today:
            found.append(Kept(rule="role_held", subject=name, until=None))
        else:
            found.append(Kept(rule="role_archive", subject=name, until=rule("role_archive").until(row.to_on)))
    return found


def _locked(person_id: int) -> Person:
    person = Person.objects.select_for_update().filter(pk=person_id, erased_at=None).first()
    if person is None:
        raise UnknownPerson(person_id)
    return person


def _audit(actor_id: int | None, action: str, person_id: int, now: datetime) -> None:
    record_audit(actor_id=actor_id, action=action, object_kind="person", object_id=person_id, now=now)


def _facts(row: Erasure) -> ErasureFacts:
    return ErasureFacts(
        person_id=row.person_id,
        origin=ErasureOrigin(row.origin),
        asked_at=row.asked_at,
        due_on=row.due_on,
        erased_at=row.erased_at,
    )
