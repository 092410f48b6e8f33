"""Announcements carried out together: the same result as one by one, whatever fails or is killed meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import IO

import pytest
from django.db import OperationalError, connections, transaction

from lms.completion.models import Record
from lms.db.api import announce
from lms.db.models import OutboxEntry
from lms.enrolment.data import EnrolmentFacts
from lms.flow.api import drain_outbox
from lms.ledger.api import entries_for, verify_chains
from lms.ledger.data import EntryKind
from tests.children import child
from tests.factories.classes import PRACTICE_EXAM, THEORY_EXAM, make_cast, make_filed_class
from tests.factories.learning import LATER, LIVE_FROM, attend_live, practise, sit_exam
from tests.factories.way import carry_on
from tests.lmsplugin import ENGINES

SURNAMES = "赵钱孙李周吴郑王冯陈"
SLOTS, SLOT_MINUTES = 5, 36
HOURS = SLOTS * SLOT_MINUTES * 60


def fifty_pieces() -> Sequence[EnrolmentFacts]:
    """Ten people, each present in five lessons that fill the live part: fifty announcements."""
    _, people = make_filed_class(make_cast(), names=[f"{surname}秀兰" for surname in SURNAMES])
    for slot in range(SLOTS):
        for person in people:
            start = LIVE_FROM + timedelta(minutes=slot * SLOT_MINUTES)
            attend_live(person, minutes=SLOT_MINUTES, scheduled=SLOT_MINUTES, start=start)
    return people


def tell_of_evidence(key: str) -> None:
    with transaction.atomic():
        announce(topic="evidence.recorded", key=key, occurred_at=LIVE_FROM)


def waiting() -> int:
    return OutboxEntry.objects.filter(done_at=None).count()


def assert_exact(people: Sequence[EnrolmentFacts]) -> None:
    """Each of the fifty stands once in the ledger with all its seconds, and every chain is sound."""
    assert waiting() == 0
    for person in people:
        entries = entries_for(learner_id=person.learner_id)
        assert [entry.kind for entry in entries] == [EntryKind.CREDIT] * SLOTS
        assert len({entry.evidence_id for entry in entries}) == SLOTS
        assert sum(entry.seconds for entry in entries) == HOURS
    assert verify_chains().intact


@pytest.mark.django_db
def test_fifty_pieces_of_evidence_are_credited_together() -> None:
    people = fifty_pieces()
    assert drain_outbox(limit=1, now=LATER) == 50 + 10  # and ten people's postings are judged in the same round
    assert_exact(people)


@pytest.mark.django_db
@pytest.mark.parametrize("poison", ["01a1b0c8-0000-7000-8000-0000000000ff", "no id at all"])
def test_one_poisoned_announcement_among_fifty_waits_alone(poison: str) -> None:
    tell_of_evidence(poison)
    people = fifty_pieces()
    drain_outbox(limit=1, now=LATER)
    (left,) = OutboxEntry.objects.filter(topic="evidence.recorded", done_at=None)
    assert (left.key, left.attempts, left.due_at) == (poison, 1, LATER + timedelta(seconds=1))
    assert left.last_error
    carry_on()
    assert waiting() == 1
    later = LATER + timedelta(seconds=1)
    assert drain_outbox(limit=10, now=later) == 1  # due again, it is tried alone
    left.refresh_from_db()
    assert (left.done_at, left.attempts) == (None, 2)
    OutboxEntry.objects.filter(pk=left.pk).update(done_at=later)
    assert_exact(people)


@pytest.mark.django_db
def test_an_unknown_enrolment_does_not_stop_the_records_of_others() -> None:
    cast = make_cast()
    _, (alice,) = make_filed_class(cast, names=("李秀兰",))
    attend_live(alice)
    practise(alice, cast)
    for unit in (THEORY_EXAM, PRACTICE_EXAM):
        sit_exam(alice, cast, unit=unit, score=80)
    with transaction.atomic():
        announce(topic="ledger.posted", key="987654321:1", occurred_at=LATER)
    carry_on()
    assert Record.objects.get().enrolment_id == alice.enrolment_id
    assert list(OutboxEntry.objects.filter(done_at=None).values_list("key", "attempts")) == [("987654321:1", 1)]


@pytest.mark.django_db
def test_a_flood_of_one_topic_does_not_hold_up_the_others() -> None:
    for number in range(20):
        tell_of_evidence(f"broken {number}")
    with transaction.atomic():
        announce(topic="completion.issued", key="PXHG-none", occurred_at=LATER)
    drain_outbox(limit=1, now=LATER)
    assert OutboxEntry.objects.get(topic="completion.issued").attempts == 1


@pytest.mark.django_db
def test_ten_people_are_judged_in_as_many_queries_as_one(django_assert_max_num_queries: object) -> None:
    fifty_pieces()
    with django_assert_max_num_queries(64):  # type: ignore[operator]
        assert drain_outbox(limit=1, now=LATER) == 60


# --- kills ---------------------------------------------------------------------------------
@contextmanager
def drainers(*modes: str) -> Iterator[list[IO[str]]]:
    """What draining processes tell; they are killed at the end, wherever they are."""
    with ExitStack() as stack:
        yield [stack.enter_context(child("tests.flow.drainer", mode, LATER.isoformat())).told for mode in modes]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["credited", "judged", "finished"])
def test_a_worker_killed_in_the_middle_of_a_batch_leaves_all_or_nothing(point: str) -> None:
    people = fifty_pieces()
    with drainers(point) as (told,):
        assert told.readline() == f"{point}\n"
        assert Record.objects.count() == 0
    carry_on()
    assert_exact(people)


@pytest.mark.django_db(transaction=True)
def test_workers_killed_at_random_again_and_again() -> None:
    people = fifty_pieces()
    chance = random.Random(5)  # noqa: S311  the same in each run
    for _ in range(2):
        with drainers("loop", "loop"):
            time.sleep(chance.uniform(0.0, 0.1))
    carry_on()
    assert_exact(people)


@pytest.mark.django_db(transaction=True)
def test_postgresql_killed_in_the_middle_of_a_batch() -> None:
    people = fifty_pieces()
    with drainers("credited") as (told,):
        assert told.readline() == "credited\n"
        ENGINES.crash("postgres")
        with pytest.raises(OperationalError):
            drain_outbox(limit=10, now=LATER)
        connections.close_all()
    carry_on()
    assert_exact(people)
