"""Share, day caps and order gate through the real tables: any order, any batches, everything told twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.data import OccupationKind, UnitMode
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import assess_evidence
from lms.evidence.data import CreditProposal, GateUnit, OnlineShare, ReasonCode
from lms.ledger.api import (
    entries_for,
    post_credit,
    post_credits,
    reverse_entry,
    statement_for,
    sums_of,
    verify_chains,
)
from lms.ledger.data import EntryKind, Outcome
from lms.ledger.models import DayHead
from tests.factories.classes import LIVE_UNIT, PRACTICE_UNIT, make_cast, make_curriculum, make_filed_class
from tests.factories.ledger import (
    DAY,
    HOUR,
    LIMITS,
    MINUTE,
    NOON,
    NOW,
    SECOND,
    attend,
    enrol_learners,
    practise,
    present,
    proposal_of,
    video,
)

pytestmark = pytest.mark.django_db

SMALL = replace(LIMITS, online_daily_cap_seconds=50, practice_daily_cap_seconds=60, total_daily_cap_seconds=80)
SHARE = OnlineShare(limit_seconds=100, units=(GateUnit(unit_key="lesson-1", required_seconds=60),))
GATE = (GateUnit(unit_key="lesson-1", required_seconds=30),)


@dataclass(frozen=True)
class Told:
    """One piece of evidence: kind, day, and how long."""

    mode: UnitMode
    day: int
    seconds: int


def proposals(learner: EnrolmentFacts, history: Sequence[Told]) -> list[CreditProposal]:
    """Each piece with wall time and media of its own."""
    offset = media = 0
    made = []
    for told in history:
        start, length = NOON + told.day * 24 * HOUR + offset, told.seconds * SECOND
        if told.mode is UnitMode.VIDEO:
            made.append(proposal_of(learner, video(start, length, media), limits=SMALL))
            media += length
        else:
            key = "workshop" if told.mode is UnitMode.PRACTICE else "mentor"
            made.append(proposal_of(learner, present(start, length), unit_key=key, mode=told.mode, limits=SMALL))
        offset += length
    return made


def post_in_any_order(made: Sequence[CreditProposal], chance: random.Random) -> None:
    doubled = [one for one in made for _ in range(2)]
    chance.shuffle(doubled)
    while doubled:
        size = chance.randint(1, 3)
        post_credits(proposals=doubled[:size], now=NOW)
        doubled = doubled[size:]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def days_of(learner: EnrolmentFacts) -> dict[date, tuple[int, int, int]]:
    return {
        row.day: (row.online_ms // 1000, row.practice_ms // 1000, row.total_ms // 1000)
        for row in DayHead.objects.filter(learner_id=learner.learner_id)
    }


def expected_days(history: Sequence[Told]) -> dict[date, tuple[int, int, int]]:
    """Online first, then practice, then mentoring, each within its own cap and what the total has left."""
    found = {}
    for day in {told.day for told in history}:
        asked = dict.fromkeys(UnitMode, 0)
        for told in history:
            asked[told.mode] += told.seconds if told.day == day else 0
        online = min(asked[UnitMode.VIDEO], 50)
        practice = min(asked[UnitMode.PRACTICE], 60, 80 - online)
        mentoring = min(asked[UnitMode.MENTORING], 80 - online - practice)
        found[DAY + timedelta(days=day)] = (online, practice, online + practice + mentoring)
    return found


told = st.builds(
    Told,
    mode=st.sampled_from([UnitMode.VIDEO, UnitMode.PRACTICE, UnitMode.MENTORING]),
    day=st.integers(0, 1),
    seconds=st.integers(5, 60),
)


QUICK = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "database": None,
}


def test_each_days_seconds_of_each_kind_are_the_same_in_any_order() -> None:
    (learner,) = enrol_learners()

    @settings(max_examples=20, **QUICK)  # type: ignore[arg-type]
    @given(history=st.lists(told, min_size=1, max_size=6), chance=st.randoms(use_true_random=False))
    def holds(history: list[Told], chance: random.Random) -> None:
        with undone():
            post_in_any_order(proposals(learner, history), chance)

            assert days_of(learner) == expected_days(history)
            entries = [entry for entry in entries_for(learner_id=learner.learner_id) if entry.kind != EntryKind.RESULT]
            assert sum(entry.milliseconds for entry in entries) == sum(one.seconds for one in history) * SECOND
            assert {finding.what for finding in verify_chains().findings} == {"evidence_missing"}  # it is made up

    holds()


def test_an_enrolments_online_total_is_the_same_in_any_order() -> None:
    (learner,) = enrol_learners()
    bound = replace(SHARE, units=(*SHARE.units, GateUnit(unit_key="lesson-2", required_seconds=20)))
    lesson = st.sampled_from(["lesson-1", "lesson-2"])

    @settings(max_examples=15, **QUICK)  # type: ignore[arg-type]
    @given(
        history=st.lists(st.tuples(lesson, st.integers(5, 60)), min_size=1, max_size=6),
        chance=st.randoms(use_true_random=False),
    )
    def holds(history: list[tuple[str, int]], chance: random.Random) -> None:
        made, at = [], NOON
        for unit_key, seconds in history:
            stretch = video(at, seconds * SECOND, at - NOON)
            made.append(proposal_of(learner, stretch, unit_key=unit_key, share=bound))
            at += seconds * SECOND
        asked = {key: sum(seconds for unit, seconds in history if unit == key) for key in ("lesson-1", "lesson-2")}
        needed = min(asked["lesson-1"], 60) + min(asked["lesson-2"], 20)
        beyond = max(0, asked["lesson-1"] - 60) + max(0, asked["lesson-2"] - 20)
        with undone():
            post_in_any_order(made, chance)
            statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
            assert sum(line.credited_seconds for line in statement.modes) == needed + min(beyond, 20)
            assert statement.refused_seconds.get(ReasonCode.MIX_CAP, 0) == max(0, beyond - 20)

    holds()


def test_practice_counts_from_the_same_instant_in_any_order() -> None:
    (learner,) = enrol_learners()

    @settings(max_examples=15, **QUICK)  # type: ignore[arg-type]
    @given(
        views=st.lists(st.tuples(st.integers(0, 3), st.integers(5, 25)), min_size=1, max_size=4),
        chance=st.randoms(use_true_random=False),
    )
    def holds(views: list[tuple[int, int]], chance: random.Random) -> None:
        """Each viewing is followed by a minute of practice; media repeat."""
        made, at, seen, practised = [], NOON, set[int](), 0
        for start, seconds in views:
            made.append(proposal_of(learner, video(at, seconds * SECOND, start * 10 * SECOND), gate=GATE))
            seen.update(range(start * 10, start * 10 + seconds))
            at += seconds * SECOND
            minute = present(at, MINUTE)
            made.append(proposal_of(learner, minute, unit_key="workshop", mode=UnitMode.PRACTICE, gate=GATE))
            practised += 60 if len(seen) >= 30 else 0
            at += MINUTE
        with undone():
            post_in_any_order(made, chance)
            statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)
            modes = {line.mode: line.credited_seconds for line in statement.modes}
            assert modes.get(UnitMode.PRACTICE, 0) == practised
            assert statement.refused_seconds.get(ReasonCode.ORDER_GATE, 0) == len(views) * 60 - practised

    holds()


def test_late_online_time_goes_before_practice_and_the_chain_says_so() -> None:
    (learner,) = enrol_learners()
    workshop = proposal_of(
        learner, present(NOON, 60 * SECOND), unit_key="workshop", mode=UnitMode.PRACTICE, limits=SMALL
    )
    late = proposal_of(learner, video(NOON - HOUR, 30 * SECOND, 0), limits=SMALL)
    post_credit(proposal=workshop, now=NOW)
    post_credit(proposal=late, now=NOW)

    entries = entries_for(learner_id=learner.learner_id)
    assert [(entry.kind, entry.reason, entry.seconds, entry.part) for entry in entries] == [
        (EntryKind.CREDIT, ReasonCode.PRACTISED, 60, 0),
        (EntryKind.REVERSAL, ReasonCode.DAILY_CAP, -60, 0),
        (EntryKind.CREDIT, ReasonCode.WATCHED, 30, 0),
        (EntryKind.CREDIT, ReasonCode.PRACTISED, 50, 1),
        (EntryKind.REFUSAL, ReasonCode.DAILY_CAP, 10, 2),
    ]
    assert entries[1].detail == {"kind": "credit", "reverses": 1, "made_room_for": str(late.evidence_id)}
    assert days_of(learner) == {DAY: (30, 50, 80)}
    assert [(one.outcome, one.reason, one.seconds) for one in sums_of(enrolment_id=learner.enrolment_id)] == [
        (Outcome.CREDITED, ReasonCode.WATCHED, 30),
        (Outcome.CREDITED, ReasonCode.PRACTISED, 50),
        (Outcome.REFUSED, ReasonCode.DAILY_CAP, 10),
    ]
    before = len(entries)
    post_credits(proposals=(workshop, late), now=NOW)
    assert len(entries_for(learner_id=learner.learner_id)) == before


def test_a_pack_change_never_changes_seconds_already_credited() -> None:
    (learner,) = enrol_learners()
    wide = replace(SMALL, total_daily_cap_seconds=200, practice_daily_cap_seconds=100)
    workshop = present(NOON, 90 * SECOND)
    post_credit(
        proposal=proposal_of(learner, workshop, unit_key="workshop", mode=UnitMode.PRACTICE, limits=wide), now=NOW
    )
    post_credit(proposal=proposal_of(learner, video(NOON + HOUR, 40 * SECOND, 0), share=SHARE, limits=wide), now=NOW)
    before = entries_for(learner_id=learner.learner_id)
    assert days_of(learner) == {DAY: (40, 90, 130)}

    less = replace(SHARE, limit_seconds=30, units=(GateUnit(unit_key="lesson-1", required_seconds=30),))
    more = video(NOON + 2 * HOUR, 20 * SECOND, 40 * SECOND)
    refused = post_credit(proposal=proposal_of(learner, more, share=less, limits=SMALL), now=NOW)
    other = post_credit(proposal=proposal_of(learner, more, unit_key="lesson-9", limits=SMALL), now=NOW)

    assert dict(refused.refused) == {ReasonCode.MIX_CAP: 20 * SECOND}
    assert dict(other.refused) == {ReasonCode.DAILY_CAP: 20 * SECOND}
    assert days_of(learner) == {DAY: (40, 90, 130)}
    assert entries_for(learner_id=learner.learner_id)[: len(before)] == before


def test_a_reversal_frees_the_share_again() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, 110 * SECOND, 0), share=SHARE), now=NOW)
    full = post_credit(proposal=proposal_of(learner, video(NOON + HOUR, SECOND, HOUR), share=SHARE), now=NOW)
    assert dict(full.refused) == {ReasonCode.MIX_CAP: SECOND}

    reverse_entry(
        learner_id=learner.learner_id,
        seq=1,
        reason=ReasonCode.VOID_FRAUD,
        note="代学",
        author_id=8,
        approver_id=9,
        now=NOW,
    )
    again = post_credit(proposal=proposal_of(learner, video(NOON + 2 * HOUR, 120 * SECOND, 0), share=SHARE), now=NOW)
    assert (again.credited_seconds, dict(again.refused)) == (100, {ReasonCode.MIX_CAP: 20 * SECOND})


def test_the_share_follows_the_plan_its_occupation_and_the_pack_of_the_class() -> None:
    cast = make_cast()
    _, (learner,) = make_filed_class(cast)
    online = assess_evidence(evidence_id=attend(learner))
    assert online.share == OnlineShare(
        limit_seconds=3 * 3600, units=(GateUnit(unit_key=LIVE_UNIT, required_seconds=3 * 3600),)
    )
    assert assess_evidence(evidence_id=practise(learner, start=NOON + 3 * HOUR)).share is None

    free = make_curriculum(cast, slug="zhishi", kind=OccupationKind.KNOWLEDGE)
    _, (reader,) = make_filed_class(cast, curriculum=free, names=("赵敏",))
    assert assess_evidence(evidence_id=attend(reader)).share is None
    assert PRACTICE_UNIT not in {unit.unit_key for unit in online.share.units}
