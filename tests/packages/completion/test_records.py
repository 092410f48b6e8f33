from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import connections

from lms.completion import api
from lms.completion.models import Record, Revocation
from lms.completion.rules import is_record_number
from lms.db.models import OutboxEntry
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import assess_evidence
from lms.ledger.api import entries_for, post_credit, reverse_entry
from lms.ledger.data import ReasonCode
from tests.factories.classes import PRACTICE_EXAM, THEORY_EXAM, Cast, make_cast, make_filed_class
from tests.factories.learning import LATER, attend_live, complete, practise, sit_exam


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def learner(cast: Cast) -> EnrolmentFacts:
    return make_filed_class(cast)[1][0]


def credit_all() -> None:
    """The first step of the way alone: evidence becomes entries."""
    for row in OutboxEntry.objects.filter(topic="evidence.recorded", done_at=None).order_by("id"):
        post_credit(proposal=assess_evidence(evidence_id=UUID(row.key)), now=LATER)
        OutboxEntry.objects.filter(pk=row.pk).update(done_at=LATER)


def test_a_complete_class_gives_one_signed_record(learner: EnrolmentFacts, cast: Cast) -> None:
    complete(learner, cast)
    credit_all()
    record = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert record is not None
    assert record.seconds == {"live": 10_800, "practice": 10_800}
    assert is_record_number(record.record_no)
    assert api.verify_record(record=record).valid
    assert OutboxEntry.objects.filter(topic="completion.issued", key=record.record_no).count() == 1
    again = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER + timedelta(hours=1))
    assert again == record
    assert Record.objects.count() == 1


@pytest.mark.parametrize(
    ("live", "practice", "theory", "missing"),
    [
        (143, 180, 60, {"HRS-02"}),
        (180, 143, 60, {"HRS-03"}),
        (180, 180, 59, {"EXM-01"}),
        (144, 144, 60, set()),
        (0, 0, 59, {"HRS-02", "HRS-03", "EXM-01"}),
    ],
)
def test_each_missing_requirement_is_named(
    learner: EnrolmentFacts, cast: Cast, live: int, practice: int, theory: int, missing: set[str]
) -> None:
    if live:
        attend_live(learner, minutes=live)
    if practice:
        practise(learner, cast, minutes=practice)
    sit_exam(learner, cast, unit=THEORY_EXAM, score=theory)
    sit_exam(learner, cast, unit=PRACTICE_EXAM, score=60)
    credit_all()
    judgement = api.judge(enrolment_id=learner.enrolment_id, now=LATER)
    assert {item.code for item in judgement.missing} == missing
    assert (api.issue_record(enrolment_id=learner.enrolment_id, now=LATER) is None) == bool(missing)


def test_hours_taken_back_revoke_the_record_and_hours_given_again_bring_a_new_one(
    learner: EnrolmentFacts, cast: Cast
) -> None:
    complete(learner, cast)
    credit_all()
    first = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert first is not None
    entry = next(e for e in entries_for(learner_id=learner.learner_id) if e.mode == "practice")
    reverse_entry(
        learner_id=learner.learner_id, seq=entry.seq, reason=ReasonCode.VOID_FRAUD, author_id=cast.provider_admin_id,
        approver_id=cast.officer_id, note="代签", now=LATER,
    )  # fmt: skip
    assert api.issue_record(enrolment_id=learner.enrolment_id, now=LATER) is None
    assert api.record_for(enrolment_id=learner.enrolment_id) is None
    assert api.verify_record(record=api.get_record(record_no=first.record_no)).standing == "revoked"
    practise(learner, cast, start=LATER - timedelta(hours=5), minutes=180)
    credit_all()
    second = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert second is not None
    assert second.record_no != first.record_no
    assert Revocation.objects.count() == 1


def test_a_better_mark_supersedes_the_record(learner: EnrolmentFacts, cast: Cast) -> None:
    complete(learner, cast)
    credit_all()
    first = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    sit_exam(learner, cast, unit=THEORY_EXAM, score=95, version=2)
    credit_all()
    second = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert first
    assert second
    assert second.supersedes == first.record_no
    assert api.verify_record(record=first).standing == "superseded"
    assert api.record_for(enrolment_id=learner.enrolment_id) == second


@pytest.mark.django_db(transaction=True)
def test_eight_threads_issue_one_record() -> None:
    cast = make_cast()
    learner = make_filed_class(cast)[1][0]
    complete(learner, cast)
    credit_all()
    numbers: list[str] = []

    def issue() -> None:
        try:
            record = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
            numbers.append(record.record_no if record else "")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=issue) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 8
    assert len(set(numbers)) == 1
    assert Record.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_edit_behind_our_back_is_named(owner_connection: psycopg.Connection) -> None:
    cast = make_cast()
    learner = make_filed_class(cast)[1][0]
    complete(learner, cast)
    credit_all()
    record = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert record is not None
    assert list(api.verify_all()) == []
    owner_connection.execute("ALTER TABLE completion_record DISABLE TRIGGER USER")
    owner_connection.execute(
        "UPDATE completion_record SET content = jsonb_set(content, '{basis,seconds,practice}', '99999')"
    )
    assert list(api.verify_all()) == [record.record_no]
    verification = api.verify_record(record=api.get_record(record_no=record.record_no))
    assert not verification.content_intact
    assert not verification.signature_valid


@pytest.mark.django_db(transaction=True)
def test_no_record_is_sealed_on_a_ledger_that_was_edited_behind_our_back(owner_connection: psycopg.Connection) -> None:
    cast = make_cast()
    _, (alice, bob) = make_filed_class(cast, names=("李秀兰", "张建国"))
    for learner in (alice, bob):
        complete(learner, cast)
    credit_all()
    owner_connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    changed = owner_connection.execute(
        "UPDATE ledger_entry SET captured_by = 'forged' WHERE learner_id = %s AND seq = 1", [alice.learner_id]
    )
    assert changed.rowcount == 1

    assert api.issue_record(enrolment_id=alice.enrolment_id, now=LATER) is None
    sound = api.issue_record(enrolment_id=bob.enrolment_id, now=LATER)

    assert sound is not None
    assert [row.record_no for row in Record.objects.all()] == [sound.record_no]
    assert OutboxEntry.objects.filter(topic="completion.issued").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_standing_record_is_neither_replaced_nor_revoked_while_its_ledger_is_broken(
    owner_connection: psycopg.Connection,
) -> None:
    cast = make_cast()
    (learner,) = make_filed_class(cast)[1]
    complete(learner, cast)
    credit_all()
    record = api.issue_record(enrolment_id=learner.enrolment_id, now=LATER)
    assert record is not None
    sit_exam(learner, cast, unit=THEORY_EXAM, score=90, version=2)
    credit_all()
    owner_connection.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    owner_connection.execute("UPDATE ledger_entry SET captured_by = 'x' WHERE learner_id = %s", [learner.learner_id])

    assert api.issue_record(enrolment_id=learner.enrolment_id, now=LATER) == record
    assert Record.objects.count() == 1
    assert not Revocation.objects.exists()
