from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from courses.data import UnitMode
from lms.db.models import OutboxEntry
from lms.enrolment.api import drop
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import (
    assess_evidence,
    assess_many,
    clock_holder,
    digests_of,
    get_evidence,
    get_evidence_many,
    record_evidence,
    record_many,
    take_clock,
)
from lms.evidence.data import (
    EvidenceConflict,
    EvidenceDraft,
    EvidenceNotFound,
    ReasonCode,
    Tenure,
    UnableToRecord,
    UnknownSource,
)
from lms.evidence.models import ClockTenure, SealedEvidence
from lms.ledger.api import post_credits, statement_for
from lms.lib.localday import from_ms
from tests.factories.classes import LIVE_UNIT, PRACTICE_UNIT, THEORY_EXAM, at
from tests.factories.ledger import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    NOW,
    attend,
    enrol_learners,
    practise,
    present,
    row_counts,
    sit_exam,
)


def draft_of(learner: EnrolmentFacts, **changes: Any) -> EvidenceDraft:
    draft = EvidenceDraft(
        source="live",
        learner_id=learner.learner_id,
        enrolment_id=learner.enrolment_id,
        unit_key=LIVE_UNIT,
        stretches=(present(NOON, HOUR),),
        payload={"session": "l1", "schedule": [NOON, NOON + HOUR]},
        captured_by="hall-1",
        captured_at=NOW,
        external_key="k-1",
    )
    return replace(draft, **changes)


@pytest.mark.django_db
def test_evidence_is_sealed_with_its_digest_and_announced() -> None:
    (learner,) = enrol_learners()
    (evidence_id,) = record_many(drafts=[draft_of(learner)], now=NOW)

    sealed = get_evidence(evidence_id=evidence_id)
    assert sealed.stretches == (present(NOON, HOUR),)
    assert sealed.payload == {
        "session": "l1",
        "schedule": [NOON, NOON + HOUR],
        "roll_calls": [],
        "clock": None,
    }
    assert (sealed.source, sealed.learner_id, sealed.enrolment_id, sealed.unit_key, sealed.recorded_at) == (
        "live",
        learner.learner_id,
        learner.enrolment_id,
        LIVE_UNIT,
        NOW,
    )
    assert digests_of(evidence_ids=[str(evidence_id)]) == {str(evidence_id): sealed.digest}
    assert evidence_id.version == 7
    (announced,) = OutboxEntry.objects.filter(topic="evidence.recorded")
    assert (announced.key, announced.occurred_at) == (str(evidence_id), NOW)


@pytest.mark.django_db
def test_the_same_again_is_the_same_evidence_and_changes_nothing() -> None:
    (learner,) = enrol_learners()
    draft = draft_of(learner)
    first = record_many(drafts=[draft], now=NOW)
    before = row_counts()

    spelled_out = replace(draft, payload={"clock": None, "schedule": [NOON, NOON + HOUR], "session": "l1"})
    assert record_many(drafts=[draft, spelled_out], now=NOW + timedelta(hours=3)) == first * 2
    assert row_counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize("batch", ["later", "together"])
def test_the_same_key_with_other_content_is_refused_and_nothing_is_kept(batch: str) -> None:
    (learner,) = enrol_learners()
    draft = draft_of(learner)
    other = draft_of(learner, stretches=(present(NOON, HOUR - 1),))
    fresh = draft_of(learner, external_key="k-2")
    if batch == "later":
        record_many(drafts=[draft], now=NOW)
    before = row_counts()
    with pytest.raises(EvidenceConflict) as refused:
        record_many(drafts=[fresh, *([draft] if batch == "together" else []), other], now=NOW)
    assert refused.value.external_key == "k-1"
    assert row_counts() == before


@pytest.mark.django_db
def test_evidence_that_cannot_be_meant_is_refused_by_name() -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    before = row_counts()
    for changes, code in (
        ({"enrolment_id": 999_999}, "enrolment_unknown"),
        ({"learner_id": other.learner_id}, "enrolment_unknown"),
        ({"unit_key": "no-such-unit"}, "unit_unknown"),
        ({"unit_key": PRACTICE_UNIT}, "mode_differs"),
        ({"payload": {"session": "l1"}}, "payload_invalid"),
        ({"external_key": "with blank"}, "external_key_invalid"),
        ({"captured_at": NOW + timedelta(seconds=1)}, "in_future"),
    ):
        with pytest.raises(UnableToRecord) as refused:
            record_many(drafts=[draft_of(one), draft_of(one, **changes)], now=NOW)
        assert refused.value.code == code
    with pytest.raises(UnknownSource):
        record_many(drafts=[draft_of(one, source="telepathy")], now=NOW)
    assert row_counts() == before
    assert record_many(drafts=[], now=NOW) == ()


@pytest.mark.django_db
def test_practice_in_the_future_is_refused_though_it_gives_no_stretches() -> None:
    (learner,) = enrol_learners()
    with pytest.raises(UnableToRecord) as refused:
        practise(learner, start=NOON + 60 * HOUR)
    assert refused.value.code == "in_future"


@pytest.mark.django_db
def test_a_batch_costs_the_same_statements_however_long() -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    statements: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(count):
        record_many(drafts=[draft_of(learners[0])], now=NOW)
        one = len(statements)
        statements.clear()
        drafts = [
            draft_of(learner, external_key=f"{learner.learner_id}-{turn}") for learner in learners for turn in range(9)
        ]
        assert len(set(record_many(drafts=drafts, now=NOW))) == 27
    assert len(statements) == one <= 8


@pytest.mark.django_db
def test_sealed_evidence_cannot_be_saved_or_deleted() -> None:
    (learner,) = enrol_learners()
    practise(learner)
    row = SealedEvidence.objects.get()
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


@pytest.mark.django_db
def test_judging_looks_up_window_limits_and_clock() -> None:
    (learner,) = enrol_learners()
    take_clock(learner_id=learner.learner_id, source="live", holder="l1:a", from_at=from_ms(NOON), now=NOW)
    evidence = (
        attend(learner, start=NOON, clock="l1:a"),
        practise(learner, start=NOON + 4 * HOUR),
        sit_exam(learner, score=77),
    )
    live, practice, exam = assess_many(evidence_ids=evidence)
    assert assess_evidence(evidence_id=evidence[0]) == live
    assert (live.mode, live.stretches, live.refused) == (UnitMode.LIVE, (present(NOON, 3 * HOUR),), ())
    assert (live.evidence_digest, live.class_run_id) == (
        get_evidence(evidence_id=evidence[0]).digest,
        learner.class_run_id,
    )
    assert (live.limits.pack, live.limits.category) == (learner.hour_pack, learner.category)
    assert (practice.stretches, practice.unit_limit_ms) == ((present(NOON + 4 * HOUR, HOUR),), 3 * HOUR)
    assert exam.result is not None
    assert (exam.result.score, exam.result.pass_mark, exam.unit_key) == (77, 60, THEORY_EXAM)
    with pytest.raises(EvidenceNotFound):
        assess_many(evidence_ids=(evidence[0], uuid4()))
    with pytest.raises(EvidenceNotFound):
        get_evidence(evidence_id=uuid4())
    assert set(get_evidence_many(evidence_ids=[*evidence, uuid4()])) == set(evidence)


@pytest.mark.django_db
def test_judging_many_costs_the_same_queries_however_many(django_assert_max_num_queries: Any) -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    evidence = [practise(learner, start=NOON + HOUR * turn) for learner in learners for turn in range(4)]
    with django_assert_max_num_queries(5):
        assert len(assess_many(evidence_ids=evidence)) == 12


@pytest.mark.django_db
def test_whoever_left_the_roster_earns_nothing_more() -> None:
    from lms.enrolment.api import get_class_run

    (learner,) = enrol_learners()
    run = get_class_run(class_run_id=learner.class_run_id)
    drop(
        enrolment_id=learner.enrolment_id,
        actor_id=person_of_provider(run.provider_id),
        reason="离职",
        now=at(DAY, 9),
    )
    proposal = assess_evidence(evidence_id=practise(learner))
    assert [item.reason for item in proposal.refused] == [ReasonCode.NOT_ON_ROSTER]


def person_of_provider(provider_id: int) -> int:
    from lms.accounts.models import Membership

    return Membership.objects.filter(organisation_id=provider_id, role="provider_admin").get().person_id


# --- the one clock ------------------------------------------------------------------


@pytest.mark.django_db
def test_whoever_takes_the_clock_last_holds_it() -> None:
    (learner,) = enrol_learners()
    assert clock_holder(learner_id=learner.learner_id, at=NOW) is None
    for holder, minute in (("a", 0), ("b", 30)):
        take_clock(
            learner_id=learner.learner_id,
            source="video",
            holder=holder,
            from_at=from_ms(NOON + minute * MINUTE),
            now=NOW,
        )
    assert clock_holder(learner_id=learner.learner_id, at=from_ms(NOON - 1)) is None
    assert clock_holder(learner_id=learner.learner_id, at=from_ms(NOON)) == Tenure(
        holder="a", source="video", from_ms=NOON, to_ms=NOON + 30 * MINUTE
    )
    held = clock_holder(learner_id=learner.learner_id, at=NOW)
    assert held == Tenure(holder="b", source="video", from_ms=NOON + 30 * MINUTE, to_ms=None)


@pytest.mark.django_db
def test_taking_the_clock_twice_at_one_instant_is_one_tenure() -> None:
    (learner,) = enrol_learners()
    for _ in range(2):
        take_clock(learner_id=learner.learner_id, source="video", holder="a", from_at=from_ms(NOON), now=NOW)
    assert ClockTenure.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_classes_at_once_bring_the_half_hour_to_the_later_start_whatever_arrives_first(
    order: tuple[int, int],
) -> None:
    """Worked decision 27: 30 minutes on two devices; all of it to the later-started session, none to the other."""
    (learner,) = enrol_learners()
    for holder, start in (("l1:a", NOON - 2 * HOUR), ("l1:b", NOON)):
        take_clock(learner_id=learner.learner_id, source="live", holder=holder, from_at=from_ms(start), now=NOW)
    half = 30 * MINUTE
    both = (
        attend(learner, start=NOON, length=half, clock="l1:a", session="a"),
        attend(learner, start=NOON, length=half, clock="l1:b", session="b"),
    )
    for place in order:
        post_credits(proposals=assess_many(evidence_ids=[both[place]]), now=NOW)
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert sum(line.credited_seconds for line in statement.modes) == 1_800
    assert statement.refused_seconds == {ReasonCode.SUPERSEDED: 1_800}


# --- races --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_producers_of_the_same_keys_seal_each_once() -> None:
    (learner,) = enrol_learners()
    drafts = [draft_of(learner, external_key=f"k-{turn}") for turn in range(20)]
    found: list[dict[str, UUID]] = []
    raised: list[BaseException] = []
    start = threading.Barrier(8)

    def deliver(number: int) -> None:
        mine = drafts[number:] + drafts[:number]
        try:
            start.wait()
            ids = record_many(drafts=mine, now=NOW)
            found.append(dict(zip((draft.external_key for draft in mine), ids, strict=True)))
        except (DatabaseError, ValueError) as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert raised == []
    assert all(answer == found[0] for answer in found)
    assert len(found) == 8
    assert row_counts(("evidence_sealedevidence",)) == {"evidence_sealedevidence": 20}
    assert OutboxEntry.objects.filter(topic="evidence.recorded").count() == 20


@pytest.mark.django_db
def test_one_by_one_is_the_same_door() -> None:
    (learner,) = enrol_learners()
    draft = draft_of(learner)
    arguments = {name: getattr(draft, name) for name in EvidenceDraft.__dataclass_fields__}
    assert (record_evidence(**arguments, now=NOW),) == record_many(drafts=[draft], now=NOW)
