"""Sums and stretches of generated histories agree with entries and statement to the second."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import ReasonCode, RefusedStretch, Stretch
from lms.ledger.api import entries_for, post_credits, reverse_entry, statement_for, stretch_with, stretches_of, sums_of
from lms.ledger.data import EntryKind, EntryNotFound, Outcome
from tests.factories.ledger import DAY, HOUR, MINUTE, NOON, NOW, SECOND, enrol_learners, proposal_of, video

pytestmark = pytest.mark.django_db


def history(learner: EnrolmentFacts, seed: int, *, pieces: int = 60) -> int:
    """Random watching over three days: overlaps, repetitions, odd milliseconds, refusals, two reversals. Returns the
    milliseconds that were asked for."""
    dice = random.Random(seed)  # noqa: S311
    proposals, asked = [], 0
    for _ in range(pieces):
        wall = NOON + dice.randrange(0, 2 * 24 * HOUR)
        stretch = video(wall, dice.randrange(300, 9 * MINUTE), dice.randrange(0, 40 * MINUTE))
        lost = dice.random() < 0.4
        reason = dice.choice([ReasonCode.SPEED_CLIP, ReasonCode.NO_PRESENCE, ReasonCode.SUPERSEDED])
        refused = (RefusedStretch(stretch=stretch, reason=reason),) if lost else ()
        unit = dice.choice(["lesson-1", "lesson-2"])
        proposals.append(proposal_of(learner, *(() if lost else (stretch,)), refused=refused, unit_key=unit))
        asked += stretch.length_ms
    post_credits(proposals=proposals, now=NOW)
    earned = [entry for entry in entries_for(learner_id=learner.learner_id) if entry.kind is EntryKind.CREDIT]
    for entry, reason in zip(dice.sample(earned, 2), (ReasonCode.CORRECTION, ReasonCode.VOID_FRAUD), strict=True):
        reverse_entry(
            learner_id=learner.learner_id, seq=entry.seq, reason=reason, note="n", author_id=901, approver_id=902,
            now=NOW,
        )  # fmt: skip
    return asked


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_agree_with_entries_and_statement_to_the_second(seed: int) -> None:
    (learner,) = enrol_learners()
    asked = history(learner, seed)
    sums = sums_of(enrolment_id=learner.enrolment_id)
    statement = statement_for(enrolment_id=learner.enrolment_id, now=NOW)

    assert sum(line.milliseconds for line in sums) == asked

    by_unit: Counter[str] = Counter()
    by_reason: Counter[ReasonCode] = Counter()
    for line in sums:
        if line.outcome is Outcome.CREDITED:
            by_unit[line.unit_key] += line.seconds
        elif line.outcome is Outcome.REFUSED:
            by_reason[line.reason] += line.seconds
    assert dict(by_unit) == {line.unit_key: line.credited_seconds for line in statement.units}
    assert {reason: seconds for reason, seconds in by_reason.items() if seconds} == dict(statement.refused_seconds)

    entries = entries_for(learner_id=learner.learner_id)
    taken_back = sum(-entry.milliseconds for entry in entries if entry.kind is EntryKind.REVERSAL)
    assert sum(line.milliseconds for line in sums if line.outcome is Outcome.TAKEN_BACK) == taken_back > 0
    net = sum(entry.seconds for entry in entries if entry.kind is not EntryKind.REFUSAL)
    assert sum(line.seconds for line in sums if line.outcome is Outcome.CREDITED) == net


@pytest.mark.parametrize("seed", range(3))
def test_the_stretches_are_the_sums_and_each_entry_is_in_one(seed: int) -> None:
    (learner,) = enrol_learners()
    history(learner, seed)
    sums = sums_of(enrolment_id=learner.enrolment_id)
    found = stretches_of(enrolment_id=learner.enrolment_id, first_on=DAY, last_on=DAY + timedelta(days=3))
    per_stretch: Counter[tuple[object, ...]] = Counter()
    for stretch in found:
        key = (stretch.day, stretch.unit_key, stretch.outcome, stretch.reason)
        per_stretch[key] += stretch.seconds
        assert stretch.milliseconds == sum(piece.length_ms for piece in stretch.pieces)
    assert per_stretch == {(line.day, line.unit_key, line.outcome, line.reason): line.seconds for line in sums}
    seqs = [seq for stretch in found for seq in stretch.seqs]
    assert len(seqs) == len(set(seqs))
    for stretch in found[:3]:
        assert stretch_with(enrolment_id=learner.enrolment_id, seq=stretch.seqs[-1]) == stretch


def test_refusals_a_minute_apart_are_one_stretch_and_an_hour_apart_two() -> None:
    (learner,) = enrol_learners()

    def refused(start: int) -> RefusedStretch:
        return RefusedStretch(stretch=video(start, 15 * SECOND, 0), reason=ReasonCode.SPEED_CLIP)

    for start in (NOON, NOON + MINUTE, NOON + HOUR):
        post_credits(proposals=[proposal_of(learner, refused=(refused(start),))], now=NOW)
    near, far = stretches_of(enrolment_id=learner.enrolment_id, first_on=DAY, last_on=DAY)
    assert (near.seqs, near.seconds, far.seqs, far.seconds) == ((1, 2), 30, (3,), 15)


def test_what_was_taken_back_shows_its_reversal_and_another_enrolments_entry_is_not_there() -> None:
    learner, other = enrol_learners("李秀兰", "张建国")
    watched = Stretch(wall_from_ms=NOON, wall_to_ms=NOON + 1500, media_from_ms=0, media_to_ms=1500)
    post_credits(proposals=[proposal_of(learner, watched)], now=NOW)
    reverse_entry(
        learner_id=learner.learner_id, seq=1, reason=ReasonCode.VOID_FRAUD, note="n", author_id=901, approver_id=902,
        now=NOW,
    )  # fmt: skip
    (line,) = sums_of(enrolment_id=learner.enrolment_id)
    assert (line.outcome, line.reason, line.milliseconds) == (Outcome.TAKEN_BACK, ReasonCode.VOID_FRAUD, 1500)
    assert stretch_with(enrolment_id=learner.enrolment_id, seq=2).outcome is Outcome.TAKEN_BACK
    for enrolment_id, seq in ((learner.enrolment_id, 1), (learner.enrolment_id, 3), (other.enrolment_id, 2)):
        with pytest.raises(EntryNotFound):
            stretch_with(enrolment_id=enrolment_id, seq=seq)
