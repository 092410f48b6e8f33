from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from courses.data import ExamKind, UnitMode
from lms.db.models import OutboxEntry
from lms.evidence.data import GateUnit, ReasonCode, RefusedStretch, ResultProposal, Stretch
from lms.ledger.api import (
    credited_for,
    entries_for,
    hash_at,
    post_credit,
    post_credits,
    remaining_today,
    statement_for,
    theory_complete,
    verify_chains,
)
from lms.ledger.data import EntryKind, ModeLine, RefusedLine, ResultLine
from lms.ledger.models import Coverage, DayHead, Head, OccupiedTime
from lms.lib.localday import to_ms
from tests.factories.classes import LIVE_UNIT, at
from tests.factories.ledger import (
    DAY,
    HOUR,
    LIMITS,
    MIDNIGHT,
    MINUTE,
    NOON,
    NOW,
    SECOND,
    enrol_learners,
    present,
    proposal_of,
    row_counts,
    video,
)

pytestmark = pytest.mark.django_db


def announced() -> list[str]:
    return list(OutboxEntry.objects.filter(topic="ledger.posted").order_by("id").values_list("key", flat=True))


def test_what_is_credited_stands_in_chain_and_projections() -> None:
    (learner,) = enrol_learners()
    posted = post_credit(proposal=proposal_of(learner, video(NOON, 90_500, 0)), now=NOW)

    assert (posted.credited_seconds, posted.credited_ms, dict(posted.refused), posted.head_seq) == (90, 90_500, {}, 1)
    (entry,) = entries_for(learner_id=learner.learner_id)
    assert (entry.kind, entry.reason, entry.mode, entry.day) == (
        EntryKind.CREDIT,
        ReasonCode.WATCHED,
        UnitMode.VIDEO,
        DAY,
    )
    assert (entry.seconds, entry.milliseconds, entry.pieces) == (90, 90_500, (video(NOON, 90_500, 0),))
    assert (entry.seq, entry.prev_hash, entry.sealed_at) == (1, "", NOW)
    head = Head.objects.get(learner_id=learner.learner_id)
    assert (head.seq, head.entry_hash) == (1, entry.entry_hash)
    assert hash_at(learner_id=learner.learner_id, seq=1) == entry.entry_hash
    unit = Coverage.objects.get(enrolment_id=learner.enrolment_id)
    assert (unit.unit_key, unit.covered, unit.covered_ms) == ("lesson-1", ((0, 90_500),), 90_500)
    day = DayHead.objects.get(learner_id=learner.learner_id)
    assert (day.day, day.online_ms, day.practice_ms, day.total_ms) == (DAY, 90_500, 0, 90_500)
    taken = OccupiedTime.objects.get(learner_id=learner.learner_id)
    assert (taken.month_on, taken.during.lower, taken.during.upper, taken.seq) == (
        date(2026, 3, 1),
        NOON,
        NOON + 90_500,
        1,
    )
    assert announced() == [f"{learner.enrolment_id}:1"]


def test_redelivery_changes_nothing_and_answers_the_same() -> None:
    (learner,) = enrol_learners()
    asked = proposal_of(
        learner,
        video(NOON, MINUTE, 0),
        refused=(RefusedStretch(stretch=video(NOON + HOUR, 5_000, 0), reason=ReasonCode.SPEED_CLIP),),
    )
    first = post_credit(proposal=asked, now=NOW)
    before = row_counts()

    again = post_credit(proposal=asked, now=NOW + timedelta(hours=1))
    together = post_credits(proposals=(asked, asked), now=NOW)

    assert again == first == together[0] == together[1]
    assert dict(first.refused) == {ReasonCode.SPEED_CLIP: 5_000}
    assert row_counts() == before


def test_the_same_evidence_twice_in_one_batch_is_posted_once() -> None:
    (learner,) = enrol_learners()
    asked = proposal_of(learner, video(NOON, MINUTE, 0))
    one, two = post_credits(proposals=(asked, asked), now=NOW)
    assert one == two
    assert len(entries_for(learner_id=learner.learner_id)) == 1


def test_seconds_follow_the_units_floor_so_that_the_ledger_adds_up() -> None:
    (learner,) = enrol_learners()
    pieces = [proposal_of(learner, video(NOON + start, 700, start)) for start in range(0, 4_900, 700)]
    posted = post_credits(proposals=pieces, now=NOW)

    assert [item.credited_seconds for item in posted] == [0, 1, 1, 0, 1, 1, 0]
    (line,) = statement_for(enrolment_id=learner.enrolment_id, now=NOW).units
    assert (line.credited_ms, line.credited_seconds) == (4_900, 4)
    assert sum(entry.seconds for entry in entries_for(learner_id=learner.learner_id)) == 4


def test_a_batch_keeps_the_chain_of_each_learner_gapless() -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏")
    asked = [
        proposal_of(learner, video(NOON + 10_000 * turn, 10_000, 10_000 * turn))
        for turn in range(4)
        for learner in learners
    ]
    post_credits(proposals=asked, now=NOW)

    for learner in learners:
        entries = entries_for(learner_id=learner.learner_id)
        assert [entry.seq for entry in entries] == [1, 2, 3, 4]
        assert [entry.prev_hash for entry in entries] == ["", *(entry.entry_hash for entry in entries[:-1])]
    assert sorted(announced()) == sorted(f"{learner.enrolment_id}:4" for learner in learners)
    report = verify_chains()
    assert (report.learners, report.entries) == (3, 12)


def test_a_batch_costs_the_same_statements_however_long(django_assert_num_queries: object) -> None:
    learners = enrol_learners("李秀兰", "王建国", "赵敏", "孙丽")
    few = [proposal_of(learners[0], video(NOON, 5_000, 0))]
    many = [
        proposal_of(learner, video(NOON + 5_000 * turn, 5_000, 5_000 * turn))
        for turn in range(1, 9)
        for learner in learners
    ]
    with transaction.atomic():
        with connection.execute_wrapper(counted := Counter()):
            post_credits(proposals=few, now=NOW)
        first, counted.count = counted.count, 0
        with connection.execute_wrapper(counted):
            post_credits(proposals=many, now=NOW)
    assert first == counted.count <= 12


class Counter:
    """Counts statements."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: object, sql: str, params: object, many: bool, context: object) -> object:
        self.count += not sql.startswith(("SAVEPOINT", "RELEASE"))
        return execute(sql, params, many, context)  # type: ignore[operator]


def test_what_the_caller_rolls_back_never_happened() -> None:
    (learner,) = enrol_learners()
    before = row_counts()
    with transaction.atomic():
        post_credit(proposal=proposal_of(learner, video(NOON, MINUTE, 0)), now=NOW)
        transaction.set_rollback(True)
    assert row_counts() == before


def test_refusals_stand_with_their_reason() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, MINUTE, 0)), now=NOW)
    posted = post_credit(
        proposal=proposal_of(
            learner,
            video(NOON + 30 * SECOND, MINUTE, 10 * MINUTE),
            video(NOON + HOUR, 20 * SECOND, 0),
            refused=(
                RefusedStretch(stretch=present(NOON - HOUR, 15 * SECOND), reason=ReasonCode.NO_PRESENCE),
                RefusedStretch(stretch=present(NOON - 2 * HOUR, 400), reason=ReasonCode.SPEED_CLIP),
            ),
        ),
        now=NOW,
    )

    assert posted.credited_ms == 30 * SECOND
    assert dict(posted.refused) == {
        ReasonCode.OVER_WALL_CLOCK: 30 * SECOND,
        ReasonCode.DUP_MEDIA: 20 * SECOND,
        ReasonCode.NO_PRESENCE: 15 * SECOND,
        ReasonCode.SPEED_CLIP: 400,
    }
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert statement.refused_seconds == {
        ReasonCode.DUP_MEDIA: 20,
        ReasonCode.NO_PRESENCE: 15,
        ReasonCode.OVER_WALL_CLOCK: 30,
    }
    (unit,) = statement.units
    assert unit.credited_seconds == 90
    assert unit.coverage == ((0, MINUTE), (10 * MINUTE + 30 * SECOND, 11 * MINUTE))
    assert RefusedLine(from_ms=0, to_ms=20 * SECOND, seconds=20, reason=ReasonCode.DUP_MEDIA) in unit.refused
    assert (
        RefusedLine(from_ms=10 * MINUTE, to_ms=10 * MINUTE + 30 * SECOND, seconds=30, reason=ReasonCode.OVER_WALL_CLOCK)
        in unit.refused
    )


def test_over_midnight_each_day_has_its_own_entry() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(MIDNIGHT - MINUTE, 3 * MINUTE, 0)), now=NOW)

    entries = entries_for(learner_id=learner.learner_id)
    assert [(entry.day, entry.seconds, entry.part) for entry in entries] == [
        (DAY, 60, 0),
        (DAY + timedelta(days=1), 120, 1),
    ]
    assert {day.day: day.total_ms for day in DayHead.objects.all()} == {
        DAY: MINUTE,
        DAY + timedelta(days=1): 2 * MINUTE,
    }


def test_over_the_end_of_a_month_no_second_counts_twice() -> None:
    (learner,) = enrol_learners()
    edge = to_ms(at(date(2026, 4, 1), 0))
    now = at(date(2026, 4, 2))
    post_credit(proposal=proposal_of(learner, video(edge - HOUR, 2 * HOUR, 0)), now=now)
    other = post_credit(proposal=proposal_of(learner, video(edge - 30 * MINUTE, HOUR, 0), unit_key="lesson-2"), now=now)

    assert dict(other.refused) == {ReasonCode.OVER_WALL_CLOCK: HOUR}
    assert sorted(row.month_on for row in OccupiedTime.objects.all()) == [date(2026, 3, 1), date(2026, 4, 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ledger_occupied ORDER BY 1")
        assert cursor.fetchall() == [("ledger_occupied_2026_03",), ("ledger_occupied_2026_04",)]


def test_an_instant_outside_the_made_months_is_kept_all_the_same() -> None:
    (learner,) = enrol_learners()
    long_ago = to_ms(at(date(2019, 5, 5)))
    posted = post_credit(proposal=proposal_of(learner, video(long_ago, MINUTE, 0)), now=at(date(2031, 1, 1)))
    assert posted.credited_seconds == 60
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM ledger_occupied "
            "UNION SELECT tableoid::regclass::text FROM ledger_entry"
        )
        assert sorted(cursor.fetchall()) == [("ledger_entry_default",), ("ledger_occupied_default",)]


def test_the_cap_of_the_day_holds_over_classes_and_sources() -> None:
    (learner,) = enrol_learners()
    day = to_ms(at(DAY, 7))
    post_credit(proposal=proposal_of(learner, video(day, 5 * HOUR, 0)), now=NOW)
    assert remaining_today(learner_id=learner.learner_id, mode=UnitMode.VIDEO, day=DAY, limits=LIMITS) == 3_600
    assert remaining_today(learner_id=learner.learner_id, mode=UnitMode.PRACTICE, day=DAY, limits=LIMITS) == 9_000
    live = proposal_of(learner, present(day + 5 * HOUR, 2 * HOUR), unit_key="live", mode=UnitMode.LIVE)
    assert dict(post_credit(proposal=live, now=NOW).refused) == {ReasonCode.DAILY_CAP: HOUR}
    practice = proposal_of(learner, present(day + 8 * HOUR, 2 * HOUR), unit_key="p", mode=UnitMode.PRACTICE)
    assert post_credit(proposal=practice, now=NOW).credited_seconds == 5_400
    assert remaining_today(learner_id=learner.learner_id, mode=UnitMode.PRACTICE, day=DAY, limits=LIMITS) == 0
    assert (
        remaining_today(learner_id=learner.learner_id, mode=UnitMode.VIDEO, day=DAY + timedelta(days=1), limits=LIMITS)
        == 21_600
    )


def test_limits_given_replace_those_of_the_proposal() -> None:
    (learner,) = enrol_learners()
    tight = replace(LIMITS, online_daily_cap_seconds=60)
    posted = post_credit(proposal=proposal_of(learner, video(NOON, HOUR, 0)), limits=tight, now=NOW)
    assert posted.credited_seconds == 60


def test_evidence_that_asks_nothing_leaves_nothing() -> None:
    (learner,) = enrol_learners()
    posted = post_credit(proposal=proposal_of(learner), now=NOW)
    assert (posted.credited_seconds, dict(posted.refused), posted.head_seq) == (0, {}, 0)
    assert entries_for(learner_id=learner.learner_id) == ()
    assert announced() == []
    assert post_credits(proposals=(), now=NOW) == ()


def test_the_latest_version_of_a_mark_holds_whatever_the_order_of_arrival() -> None:
    (learner,) = enrol_learners()
    for version, score in ((1, 40), (3, 85), (2, 90)):
        mark = ResultProposal(
            exam_kind=ExamKind.THEORY, score=score, pass_mark=60, passed=score >= 60, assessor_id=9, version=version
        )
        post_credit(proposal=proposal_of(learner, unit_key="exam", mode=UnitMode.ASSESSMENT, result=mark), now=NOW)
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert statement.results == (
        ResultLine(
            unit_key="exam", exam_kind=ExamKind.THEORY, score=85, pass_mark=60, passed=True, assessor_id=9, at=NOW
        ),
    )
    assert (statement.units, statement.modes, statement.refused_seconds) == ((), (), {})
    assert [entry.kind for entry in entries_for(learner_id=learner.learner_id)] == [EntryKind.RESULT] * 3


def test_a_statement_before_anything_was_entered_is_empty() -> None:
    (learner,) = enrol_learners()
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert (statement.learner_id, statement.units, statement.modes, statement.results) == (
        learner.learner_id,
        (),
        (),
        (),
    )
    assert (statement.head_seq, statement.head_hash, statement.as_of) == (0, "", NOW)


def test_modes_add_up_units_and_other_enrolments_stay_out() -> None:
    one, other = enrol_learners("李秀兰", "王建国")
    post_credits(
        proposals=[
            proposal_of(one, video(NOON, MINUTE, 0)),
            proposal_of(one, video(NOON + MINUTE, MINUTE, 0), unit_key="lesson-2"),
            proposal_of(one, present(NOON + HOUR, HOUR), unit_key="p", mode=UnitMode.PRACTICE),
            proposal_of(other, video(NOON, 5 * MINUTE, 0)),
        ],
        now=NOW,
    )
    statement = statement_for(enrolment_id=one.enrolment_id, now=NOW)
    assert statement.modes == (
        ModeLine(mode=UnitMode.VIDEO, credited_seconds=120),
        ModeLine(mode=UnitMode.PRACTICE, credited_seconds=3_600),
    )
    assert [unit.unit_key for unit in statement.units] == ["lesson-1", "lesson-2", "p"]
    assert statement.head_seq == 3
    assert credited_for(
        units=[(one.enrolment_id, "p"), (other.enrolment_id, "lesson-1"), (one.enrolment_id, "no")]
    ) == {
        (one.enrolment_id, "p"): HOUR,
        (other.enrolment_id, "lesson-1"): 5 * MINUTE,
    }


GATE = (GateUnit(unit_key="lesson-1", required_seconds=60), GateUnit(unit_key="lesson-2", required_seconds=60))


def practice(*args: Stretch, learner: object, evidence_id: UUID | None = None) -> object:
    return proposal_of(
        learner,  # type: ignore[arg-type]
        *args,
        unit_key="p",
        mode=UnitMode.PRACTICE,
        gate=GATE,
        unit_limit_ms=3 * HOUR,
        evidence_id=evidence_id,
    )


def test_practice_counts_from_the_instant_at_which_the_theory_was_complete() -> None:
    (learner,) = enrol_learners()
    refused = post_credit(proposal=practice(present(NOON, HOUR), learner=learner), now=NOW)  # type: ignore[arg-type]
    assert (refused.credited_seconds, dict(refused.refused)) == (0, {ReasonCode.ORDER_GATE: HOUR})

    theory = [
        proposal_of(learner, video(NOON - HOUR, MINUTE, 0), gate=GATE),
        proposal_of(learner, video(NOON - 30 * MINUTE, MINUTE, 0), unit_key="lesson-2", gate=GATE),
    ]
    post_credit(proposal=theory[0], now=NOW)
    assert statement_for(enrolment_id=learner.enrolment_id, now=NOW).refused_seconds == {ReasonCode.ORDER_GATE: 3_600}
    post_credit(proposal=theory[1], now=NOW)

    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert statement.refused_seconds == {}
    assert {line.mode: line.credited_seconds for line in statement.modes} == {
        UnitMode.VIDEO: 120,
        UnitMode.PRACTICE: 3_600,
    }
    kinds = [entry.kind for entry in entries_for(learner_id=learner.learner_id)]
    assert kinds == [EntryKind.REFUSAL, EntryKind.CREDIT, EntryKind.CREDIT, EntryKind.REVERSAL, EntryKind.CREDIT]
    (finding,) = verify_chains().findings  # made up evidence: nothing else is wrong
    assert finding.what == "evidence_missing"


def test_practice_during_late_theory_counts_only_after_it() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=practice(present(NOON, HOUR), learner=learner), now=NOW)  # type: ignore[arg-type]
    post_credits(
        proposals=[
            proposal_of(learner, video(NOON - HOUR, MINUTE, 0), gate=GATE),
            proposal_of(learner, video(NOON + 20 * MINUTE, MINUTE, 0), unit_key="lesson-2", gate=GATE),
        ],
        now=NOW,
    )
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
    assert statement.refused_seconds == {ReasonCode.ORDER_GATE: 21 * 60}
    assert {line.mode: line.credited_seconds for line in statement.modes}[UnitMode.PRACTICE] == 39 * 60


def test_theory_is_complete_once_its_units_reach_their_thresholds() -> None:
    from courses.api import get_curriculum

    (learner,) = enrol_learners()
    curriculum = get_curriculum(curriculum_id=learner.curriculum_id)
    assert not theory_complete(enrolment_id=learner.enrolment_id, curriculum=curriculum)
    almost = 8_640 * SECOND - 1  # 80 % of three hours
    post_credit(proposal=proposal_of(learner, present(NOON, almost), unit_key=LIVE_UNIT, mode=UnitMode.LIVE), now=NOW)
    assert not theory_complete(enrolment_id=learner.enrolment_id, curriculum=curriculum)
    post_credit(
        proposal=proposal_of(learner, present(NOON + almost, 1), unit_key=LIVE_UNIT, mode=UnitMode.LIVE), now=NOW
    )
    assert theory_complete(enrolment_id=learner.enrolment_id, curriculum=curriculum)
