"""A learner appeals, the provider answers, the authority has the last word; nothing waits for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lms.appeals import api
from lms.appeals.data import AppealFacts, AppealNotFound, AppealState, MoveKind, Step, SweepReport, UnableToAppeal
from lms.appeals.erasure import erase_when_due
from lms.appeals.models import Answer, Appeal, AppealedEntry, Move
from lms.config.settings.environment import S3Place
from lms.ledger.api import reverse_entry, stretches_of
from lms.ledger.data import Outcome, ReasonCode
from lms.notices.models import Notice
from lms.oversight.api import verify
from tests.factories.classes import FIRST_DAY, LAST_DAY, at
from tests.factories.learning import LATER
from tests.factories.way import carry_on
from tests.packages.appeals.conftest import Dispute

WEEK = timedelta(days=7)


def lodge(dispute: Dispute, *, words: str = "老师要求我们多留十分钟清理场地", now: datetime = LATER) -> AppealFacts:
    return api.lodge_appeal(
        learner_id=dispute.learner.learner_id, enrolment_id=dispute.learner.enrolment_id, seq=dispute.seq, words=words,
        now=now,
    )  # fmt: skip


def say(dispute: Dispute, appeal: AppealFacts, *, by: int, upheld: bool = False, now: datetime = LATER) -> AppealFacts:
    return api.answer_appeal(appeal_id=appeal.appeal_id, author_id=by, upheld=upheld, reason="已核对签到表", now=now)


def go_on(dispute: Dispute, appeal: AppealFacts, *, now: datetime = LATER) -> AppealFacts:
    return api.go_on(appeal_id=appeal.appeal_id, learner_id=dispute.learner.learner_id, words="签到表不全", now=now)


def told(person_id: int) -> list[str]:
    return sorted(Notice.objects.filter(person_id=person_id, kind__startswith="appeal").values_list("kind", flat=True))


def test_the_whole_way_to_the_authoritys_last_word(dispute: Dispute) -> None:
    cast = dispute.cast
    appeal = lodge(dispute)
    assert (appeal.state, appeal.due_on, appeal.seconds) == (AppealState.PROVIDER, (LATER + WEEK).date(), 600)
    assert (appeal.outcome, appeal.reason) == (Outcome.REFUSED, ReasonCode.OUTSIDE_SCHEDULE)
    carry_on()
    assert told(cast.provider_admin_id) == ["appeal_waits"]
    assert told(cast.officer_id) == []

    answered = say(dispute, appeal, by=cast.provider_admin_id)
    assert (answered.state, answered.due_on) == (AppealState.ANSWERED, (LATER + WEEK).date())
    upward = go_on(dispute, appeal)
    assert (upward.state, upward.onward) == (AppealState.AUTHORITY, "签到表不全")
    carry_on()
    closed = say(dispute, appeal, by=cast.officer_id, now=LATER + timedelta(days=1))
    assert (closed.state, closed.due_on, closed.closed_at) == (AppealState.REFUSED, None, LATER + timedelta(days=1))
    assert [(one.step, one.upheld, one.number) for one in closed.answers] == [
        (Step.PROVIDER, False, 1),
        (Step.AUTHORITY, False, 2),
    ]
    assert [move.kind for move in closed.moves] == [MoveKind.LODGED, MoveKind.WENT_ON]
    carry_on(LATER + timedelta(days=1))
    assert told(cast.officer_id) == ["appeal_waits"]
    assert told(dispute.learner.learner_id) == ["appeal_answered", "appeal_answered"]
    assert verify().fault == ""


def test_an_upheld_appeal_is_closed_at_once(dispute: Dispute) -> None:
    closed = say(dispute, lodge(dispute), by=dispute.cast.provider_admin_id, upheld=True)
    assert (closed.state, closed.closed_at) == (AppealState.UPHELD, LATER)
    with pytest.raises(UnableToAppeal, match="not_open_to_go_on"):
        go_on(dispute, closed)


def test_one_stretch_has_one_appeal_for_ever(dispute: Dispute) -> None:
    first = lodge(dispute)
    assert lodge(dispute, words="再说一遍") == first
    say(dispute, first, by=dispute.cast.provider_admin_id, upheld=True)
    assert lodge(dispute, words="又一次").appeal_id == first.appeal_id
    assert (Appeal.objects.count(), AppealedEntry.objects.count()) == (1, 1)


def test_only_the_learner_appeals_and_only_against_what_does_not_count(dispute: Dispute) -> None:
    for person in (dispute.other.learner_id, dispute.cast.provider_admin_id, dispute.cast.officer_id):
        with pytest.raises(AppealNotFound):
            api.lodge_appeal(
                learner_id=person, enrolment_id=dispute.learner.enrolment_id, seq=dispute.seq, words="x", now=LATER
            )
    for seq, error in ((dispute.credited_seq, UnableToAppeal), (9999, AppealNotFound)):
        with pytest.raises(error):
            api.lodge_appeal(
                learner_id=dispute.learner.learner_id, enrolment_id=dispute.learner.enrolment_id, seq=seq, words="x",
                now=LATER,
            )  # fmt: skip
    assert Appeal.objects.count() == 0


def test_the_last_day_is_in_time_and_the_next_is_not(dispute: Dispute) -> None:
    (stretch,) = (
        one
        for one in stretches_of(enrolment_id=dispute.learner.enrolment_id, first_on=FIRST_DAY, last_on=LAST_DAY)
        if one.seq == dispute.seq
    )
    until = api.appeal_until(run=dispute.run, stretch=stretch)
    with pytest.raises(UnableToAppeal, match="too_late"):
        lodge(dispute, now=at(until + timedelta(days=1), 0))
    assert lodge(dispute, now=at(until, 23, 59)).state is AppealState.PROVIDER


def test_nobody_answers_for_another_or_in_a_matter_of_their_own(dispute: Dispute) -> None:
    cast, appeal = dispute.cast, lodge(dispute)
    for person in (cast.other_hr_id, cast.trainer_id, cast.base_staff_id, dispute.other.learner_id, cast.stranger_id):
        with pytest.raises(AppealNotFound):
            say(dispute, appeal, by=person)
    with pytest.raises(AppealNotFound):
        say(dispute, appeal, by=dispute.learner.learner_id)
    with pytest.raises(UnableToAppeal, match="not_your_step"):
        say(dispute, appeal, by=cast.officer_id)
    assert Answer.objects.count() == 0


def test_who_took_the_hours_back_does_not_answer(dispute: Dispute) -> None:
    cast, learner = dispute.cast, dispute.learner
    reversal = reverse_entry(
        learner_id=learner.learner_id, seq=dispute.credited_seq, reason=ReasonCode.VOID_FRAUD, note="代学",
        author_id=cast.provider_admin_id, approver_id=cast.officer_id, now=LATER,
    )  # fmt: skip
    appeal = api.lodge_appeal(
        learner_id=learner.learner_id, enrolment_id=learner.enrolment_id, seq=reversal.seq, words="是我本人", now=LATER
    )
    assert appeal.outcome is Outcome.TAKEN_BACK
    with pytest.raises(UnableToAppeal, match="own_decision"):
        say(dispute, appeal, by=cast.provider_admin_id)
    assert api.sweep_overdue(now=LATER + WEEK + timedelta(days=1)).escalated == 1
    with pytest.raises(UnableToAppeal, match="own_decision"):
        say(dispute, appeal, by=cast.officer_id, now=LATER + WEEK + timedelta(days=1))


def test_silence_goes_up_and_the_authority_is_reminded_once(dispute: Dispute) -> None:
    appeal = lodge(dispute)
    nothing = SweepReport(escalated=0, lapsed=0, reminded=0)
    assert api.sweep_overdue(now=LATER + WEEK) == nothing
    late = LATER + WEEK + timedelta(days=1)
    assert api.sweep_overdue(now=late) == SweepReport(escalated=1, lapsed=0, reminded=0)
    assert api.sweep_overdue(now=late) == nothing
    moved = api.appeal_of(appeal_id=appeal.appeal_id)
    assert (moved.state, [move.kind for move in moved.moves]) == (
        AppealState.AUTHORITY,
        [MoveKind.LODGED, MoveKind.ESCALATED],
    )
    carry_on(late)
    assert told(dispute.learner.learner_id) == ["appeal_moved"]
    assert told(dispute.cast.officer_id) == ["appeal_waits"]

    later = late + 3 * WEEK
    assert api.sweep_overdue(now=later) == SweepReport(escalated=0, lapsed=0, reminded=1)
    assert api.sweep_overdue(now=later) == nothing
    carry_on(later)
    assert told(dispute.cast.officer_id) == ["appeal_waits", "appeal_waits"]
    assert say(dispute, appeal, by=dispute.cast.officer_id, now=later).state is AppealState.REFUSED


def test_a_no_that_is_not_taken_further_stands(dispute: Dispute) -> None:
    appeal = lodge(dispute)
    say(dispute, appeal, by=dispute.cast.provider_admin_id)
    late = LATER + WEEK + timedelta(days=1)
    with pytest.raises(UnableToAppeal, match="too_late"):
        go_on(dispute, appeal, now=late)
    assert api.sweep_overdue(now=late) == SweepReport(escalated=0, lapsed=1, reminded=0)
    closed = api.appeal_of(appeal_id=appeal.appeal_id)
    assert (closed.state, closed.moves[-1].kind) == (AppealState.REFUSED, MoveKind.LAPSED)
    assert verify().fault == ""


def test_answering_and_going_on_twice_is_once(dispute: Dispute) -> None:
    appeal = lodge(dispute)
    first = say(dispute, appeal, by=dispute.cast.provider_admin_id)
    assert say(dispute, appeal, by=dispute.cast.provider_admin_id) == first
    with pytest.raises(UnableToAppeal, match="answered_already"):
        api.answer_appeal(
            appeal_id=appeal.appeal_id,
            author_id=dispute.cast.provider_admin_id,
            upheld=True,
            reason="改主意",
            now=LATER,
        )
    upward = go_on(dispute, appeal)
    assert go_on(dispute, appeal, now=LATER + timedelta(hours=1)) == upward
    assert (Answer.objects.count(), Move.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    "words", ["'; DROP TABLE appeals_appeal; --", "<script>alert(1)</script>", "{{ 7*7 }}%s %(x)s", "\u202e反"]
)
def test_hostile_words_are_only_words(dispute: Dispute, words: str) -> None:
    assert lodge(dispute, words=words).words == words


def test_the_file_is_kept_and_only_for_those_concerned(dispute: Dispute, storage: S3Place) -> None:
    appeal = api.lodge_appeal(
        learner_id=dispute.learner.learner_id, enrolment_id=dispute.learner.enrolment_id, seq=dispute.seq,
        words="见照片", file=b"\xff\xd8\xff photo", file_name="../../etc/<b>签到表.jpg", now=LATER,
    )  # fmt: skip
    assert appeal.file is not None
    assert (appeal.file.name, appeal.file.content_type) == ("b签到表.jpg", "image/jpeg")
    for person in (dispute.learner.learner_id, dispute.cast.provider_admin_id, dispute.cast.officer_id):
        assert api.file_of(appeal_id=appeal.appeal_id, person_id=person, now=LATER)[1] == b"\xff\xd8\xff photo"
    with pytest.raises(AppealNotFound):
        api.file_of(appeal_id=appeal.appeal_id, person_id=dispute.other.learner_id, now=LATER)


def test_changed_words_are_found_and_erased_ones_leave_the_seal_valid(dispute: Dispute) -> None:
    appeal = lodge(dispute)
    say(dispute, appeal, by=dispute.cast.provider_admin_id)
    assert list(api.bad_answers()) == []
    Appeal.objects.filter(pk=appeal.appeal_id).update(words="别的话")
    assert verify().fault == "answer 1: the words that it answers were changed"
    erase_when_due(dispute.learner.learner_id, LATER)
    assert (Appeal.objects.get().words, list(api.bad_answers())) == ("", [])
