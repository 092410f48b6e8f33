"""Two locks against double credit: the learner's head and the exclusion of overlapping time. Each holds alone."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import psycopg
import pytest
from django.db import DatabaseError, connections

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import CreditProposal
from lms.ledger import locks
from lms.ledger.api import entries_for, post_credit, post_credits, reverse_entry
from lms.ledger.data import ReasonCode
from lms.ledger.models import Coverage, DayHead, OccupiedTime
from lms.lib.intervals import total, union
from tests.factories.ledger import MIDNIGHT, NOW, SECOND, enrol_learners, proposal_of, row_counts, video

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def overlapping(learner: EnrolmentFacts, *, seed: int, many: int) -> list[CreditProposal]:
    """Stretches of many units all over the same minutes, some across midnight; media never repeats."""
    asked = []
    for turn in range(many):
        start = MIDNIGHT - 60 * SECOND + pick(100, seed, turn, "start") * SECOND
        length = (1 + pick(19, seed, turn, "length")) * SECOND
        asked.append(proposal_of(learner, video(start, length, 0), unit_key=f"lesson-{seed}-{turn}"))
    return asked


def pick(limit: int, *key: object) -> int:
    """A number below `limit` that looks like chance and is the same in every run."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8]) % limit


def race(work: Callable[[int], object]) -> list[Exception]:
    """Runs `work(number)` in THREADS threads at once; what they raised."""
    raised: list[Exception] = []
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except (DatabaseError, ValueError, AssertionError) as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return raised


def wall_union_ms(asked: list[CreditProposal]) -> int:
    return total(union((item.wall_from_ms, item.wall_to_ms) for proposal in asked for item in proposal.stretches))


def credited_ms(learner: EnrolmentFacts) -> int:
    return sum(entry.milliseconds for entry in entries_for(learner_id=learner.learner_id) if entry.kind == "credit")


def until_posted(asked: list[CreditProposal]) -> None:
    """Tries again what a lock turned away, as the outbox does."""
    for proposal in asked:
        for _ in range(200):
            try:
                post_credit(proposal=proposal, now=NOW)
                break
            except DatabaseError:
                continue
        else:
            raise AssertionError("never posted")


def assert_credited_once(learner: EnrolmentFacts, asked: list[CreditProposal]) -> None:
    expected = wall_union_ms(asked)
    assert credited_ms(learner) == expected
    occupied = [(row.during.lower, row.during.upper) for row in OccupiedTime.objects.all()]
    assert total(occupied) == total(union(occupied)) == expected
    assert sum(day.total_ms for day in DayHead.objects.all()) == expected
    assert sum(unit.covered_ms for unit in Coverage.objects.all()) == expected


def test_eight_writers_of_one_learner_credit_the_union_exactly() -> None:
    (learner,) = enrol_learners()
    shares = [overlapping(learner, seed=number, many=12) for number in range(THREADS)]

    raised = race(lambda number: [post_credit(proposal=item, now=NOW) for item in shares[number]])

    assert raised == []
    assert_credited_once(learner, [item for share in shares for item in share])
    entries = entries_for(learner_id=learner.learner_id)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.prev_hash for entry in entries] == ["", *(entry.entry_hash for entry in entries[:-1])]


def test_batches_over_many_learners_in_any_order_never_deadlock() -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏", "孙丽", "周强")
    shares = []
    for number in range(THREADS):
        asked = [item for learner in learners for item in overlapping(learner, seed=number, many=6)]
        order = {item.evidence_id: pick(1_000_000, number, item.unit_key, item.learner_id) for item in asked}
        shares.append(sorted(asked, key=lambda item: order[item.evidence_id]))

    raised = race(lambda number: [post_credits(proposals=shares[number][at : at + 10], now=NOW) for at in (0, 10, 20)])

    assert raised == []
    for learner in learners:
        of_learner = [item for share in shares for item in share if item.learner_id == learner.learner_id]
        assert credited_ms(learner) == wall_union_ms(of_learner)


def test_the_same_evidence_from_eight_writers_is_posted_once() -> None:
    (learner,) = enrol_learners()
    asked = overlapping(learner, seed=1, many=6)

    raised = race(lambda _number: [post_credit(proposal=item, now=NOW) for item in asked])

    assert raised == []
    assert_credited_once(learner, asked)
    evidence = [(entry.evidence_id, entry.part) for entry in entries_for(learner_id=learner.learner_id)]
    assert len(evidence) == len(set(evidence))


def test_the_exclusion_alone_prevents_double_credit(
    monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection
) -> None:
    """The head is read without its lock, and even the unique key of (learner, seq) is gone."""
    (learner,) = enrol_learners()
    monkeypatch.setattr(locks, "LOCK_HEADS", locks.LOCK_HEADS.replace("FOR UPDATE", ""))
    owner_connection.execute("ALTER TABLE ledger_entrykey DROP CONSTRAINT ledger_once_per_seq")
    owner_connection.execute("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_pkey")
    shares = [overlapping(learner, seed=number, many=12) for number in range(THREADS)]

    raised = race(lambda number: until_posted(shares[number]))

    assert raised == []
    occupied = [(row.during.lower, row.during.upper) for row in OccupiedTime.objects.all()]
    assert total(occupied) == total(union(occupied))
    assert credited_ms(learner) == total(occupied) == wall_union_ms([item for share in shares for item in share])


def test_the_head_alone_prevents_double_credit(owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    owner_connection.execute("ALTER TABLE ledger_occupied DROP CONSTRAINT ledger_no_second_twice")
    shares = [overlapping(learner, seed=number, many=12) for number in range(THREADS)]

    raised = race(lambda number: [post_credit(proposal=item, now=NOW) for item in shares[number]])

    assert raised == []
    assert_credited_once(learner, [item for share in shares for item in share])


def test_an_entry_is_reversed_once_however_many_ask() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(MIDNIGHT, 60 * SECOND, 0)), now=NOW)

    raised = race(
        lambda _number: reverse_entry(
            learner_id=learner.learner_id,
            seq=1,
            reason=ReasonCode.VOID_FRAUD,
            note="代学",
            author_id=1_000_001,
            approver_id=1_000_002,
            now=NOW,
        )
    )

    assert [getattr(error, "code", error) for error in raised] == ["already_reversed"] * (THREADS - 1)
    assert row_counts(("ledger_entry", "ledger_occupied")) == {"ledger_entry": 2, "ledger_occupied": 0}
