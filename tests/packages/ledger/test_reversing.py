from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from courses.data import ExamKind, UnitMode
from lms.db.models import OutboxEntry
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import ReasonCode, ResultProposal
from lms.ledger.api import entries_for, post_credit, post_credits, reverse_entry, statement_for
from lms.ledger.data import Entry, EntryKind, EntryNotFound, UnableToReverse
from lms.ledger.models import DayHead, OccupiedTime
from tests.factories.ledger import HOUR, MIDNIGHT, MINUTE, NOON, NOW, enrol_learners, proposal_of, row_counts, video

pytestmark = pytest.mark.django_db
AUTHOR, APPROVER = 1_000_001, 1_000_002


def take_back(learner: EnrolmentFacts, seq: int, **changes: Any) -> Entry:
    return reverse_entry(
        **{
            "learner_id": learner.learner_id,
            "seq": seq,
            "reason": ReasonCode.VOID_FRAUD,
            "note": "抽查核实为代学",
            "author_id": AUTHOR,
            "approver_id": APPROVER,
            "now": NOW,
            **changes,
        }
    )


def test_a_reversal_frees_time_and_media_and_keeps_both_entries() -> None:
    (learner,) = enrol_learners()
    asked = proposal_of(learner, video(NOON, 90_500, 0))
    post_credit(proposal=asked, now=NOW)

    reversal = take_back(learner, 1)

    assert (reversal.seq, reversal.kind, reversal.reason) == (2, EntryKind.REVERSAL, ReasonCode.VOID_FRAUD)
    assert (reversal.seconds, reversal.milliseconds, reversal.pieces) == (-90, -90_500, asked.stretches)
    assert reversal.detail == {
        "kind": "credit",
        "reverses": 1,
        "author": AUTHOR,
        "approver": APPROVER,
        "note": "抽查核实为代学",
    }
    assert entries_for(learner_id=learner.learner_id)[1] == reversal
    assert OccupiedTime.objects.count() == 0
    day = DayHead.objects.get()
    assert (day.online_ms, day.practice_ms, day.total_ms) == (0, 0, 0)
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert statement.units[0].credited_ms == 0
    assert statement.head_seq == 2
    assert OutboxEntry.objects.filter(topic="ledger.posted", key=f"{learner.enrolment_id}:2").exists()

    again = post_credit(proposal=proposal_of(learner, video(NOON, 90_500, 0)), now=NOW)
    assert again.credited_seconds == 90


def test_seconds_still_add_up_after_a_reversal_in_the_middle() -> None:
    (learner,) = enrol_learners()
    post_credits(
        proposals=[proposal_of(learner, video(NOON + start, 1_500, start)) for start in (0, 1_500, 3_000)], now=NOW
    )
    take_back(learner, 2)
    entries = entries_for(learner_id=learner.learner_id)
    assert [entry.seconds for entry in entries] == [1, 2, 1, -1]
    (unit,) = statement_for(enrolment_id=learner.enrolment_id, now=NOW).units
    assert (unit.credited_ms, unit.credited_seconds) == (3_000, 3)


def test_only_the_reversed_day_gets_its_time_back() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(MIDNIGHT - MINUTE, 2 * MINUTE, 0)), now=NOW)
    take_back(learner, 2)
    assert [day.total_ms for day in DayHead.objects.order_by("day")] == [MINUTE, 0]
    assert statement_for(enrolment_id=learner.enrolment_id, now=NOW).units[0].coverage == ((0, MINUTE),)


def test_a_mark_taken_back_no_longer_holds() -> None:
    (learner,) = enrol_learners()
    mark = ResultProposal(exam_kind=ExamKind.THEORY, score=55, pass_mark=60, passed=False, assessor_id=9, version=1)
    for score, version in ((55, 1), (95, 2)):
        post_credit(
            proposal=proposal_of(
                learner,
                unit_key="exam",
                mode=UnitMode.ASSESSMENT,
                result=replace(mark, score=score, version=version, passed=score >= 60),
            ),
            now=NOW,
        )
    take_back(learner, 2, reason=ReasonCode.CORRECTION, note="录错人")
    (result,) = statement_for(enrolment_id=learner.enrolment_id, now=NOW).results
    assert (result.score, result.passed) == (55, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": ReasonCode.DAILY_CAP}, "reason_invalid"),
        ({"note": "  "}, "note_missing"),
        ({"note": "x" * 501}, "note_missing"),
        ({"approver_id": AUTHOR}, "same_person"),
    ],
)
def test_a_reversal_needs_a_reason_a_note_and_two_people(changes: dict[str, Any], code: str) -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, MINUTE, 0)), now=NOW)
    before = row_counts()
    with pytest.raises(UnableToReverse) as refused:
        take_back(learner, 1, **changes)
    assert refused.value.code == code
    assert row_counts() == before


def test_nobody_reverses_their_own_entry_nor_a_reversal_nor_a_refusal_nor_twice() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, MINUTE, 0), video(NOON + HOUR, MINUTE, 0)), now=NOW)
    for changes in ({"author_id": learner.learner_id}, {"approver_id": learner.learner_id}):
        with pytest.raises(UnableToReverse, match="own learning"):
            take_back(learner, 1, **changes)
    with pytest.raises(UnableToReverse, match="Only credits and results"):
        take_back(learner, 2)
    take_back(learner, 1)
    with pytest.raises(UnableToReverse, match="taken back before"):
        take_back(learner, 1)
    with pytest.raises(UnableToReverse, match="Only credits and results"):
        take_back(learner, 3)
    with pytest.raises(EntryNotFound):
        take_back(learner, 99)
