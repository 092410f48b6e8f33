"""Presence checks from the timer to the ledger: asked by settling, answered through the door, exact to the second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import redis

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.models import SealedEvidence
from lms.lib.localday import to_ms
from lms.player import api
from lms.player.data import (
    CheckCause,
    CheckFacts,
    CheckKind,
    CheckMethod,
    CheckResult,
    CloseReason,
    PlaySessionFacts,
    Question,
)
from lms.player.erasure import erase_when_due
from lms.player.models import OpenCheck, PlaySession, PresenceCheck, PresenceTimer
from tests.packages.player.world import (
    LESSON,
    MORNING,
    World,
    credit_all,
    credited,
    kept_news,
    later,
    make_checked_world,
    make_world,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)


@pytest.fixture
def checked(db: None, streams: redis.Redis) -> World:
    return make_checked_world()


@pytest.fixture(autouse=True)
def _ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random gap is always its shortest, ten minutes."""
    monkeypatch.setattr("lms.player.checks.secrets.randbelow", lambda _most: 0)


def show(opened: PlaySessionFacts, learner: EnrolmentFacts, check: UUID, now: datetime) -> Question:
    shown = api.show_check(session=opened.session, check=check, learner_id=learner.learner_id, now=now)
    assert isinstance(shown, Question)
    return shown


def answer(
    opened: PlaySessionFacts, learner: EnrolmentFacts, question: Question, now: datetime, said: str | None = None
) -> Question | CheckFacts:
    return api.answer_check(
        session=opened.session,
        check=question.check,
        learner_id=learner.learner_id,
        round_no=question.round,
        answer=question.code if said is None else said,
        now=now,
    )


def confirm(opened: PlaySessionFacts, learner: EnrolmentFacts, check: UUID, now: datetime) -> CheckFacts:
    """The check is shown and answered a second later."""
    outcome = answer(opened, learner, show(opened, learner, check, now), now + timedelta(seconds=1))
    assert isinstance(outcome, CheckFacts)
    return outcome


def start(learner: EnrolmentFacts, now: datetime = MORNING) -> PlaySessionFacts:
    """A session whose start check is passed in two seconds."""
    opened = open_lesson(learner, now)
    assert opened.prompt is not None
    assert confirm(opened, learner, opened.prompt.check, now + timedelta(seconds=1)).result is CheckResult.PASSED
    return opened


def play(opened: PlaySessionFacts, learner: EnrolmentFacts, seconds: int, *, after: int, at_media: int = 0) -> None:
    """The page watches on, each message settled as it comes."""
    for index, message in enumerate(watch(MORNING, seconds, after=after, media_from=at_media, seq=after)):
        send(opened.session, learner.learner_id, [message])
        settle_all(later(after + 15 * index + 16))


def open_check() -> OpenCheck:
    return OpenCheck.objects.get()


def test_a_class_without_checks_knows_nothing_of_them(db: None, streams: redis.Redis) -> None:
    world = make_world()
    opened = open_lesson(world.learner)
    assert opened.prompt is None
    play(opened, world.learner, 900, after=4)
    credit_all(later(1_000))
    assert credited(world.learner, later(1_000)) == 900
    assert not OpenCheck.objects.exists()
    assert not PresenceTimer.objects.exists()


def test_a_session_opens_with_a_check_and_a_reload_does_not_ask_again(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    assert (opened.prompt.kind, opened.prompt.method, opened.prompt.answer_seconds) == (
        CheckKind.START,
        CheckMethod.CLICK_CODE,
        60,
    )
    confirm(opened, learner, opened.prompt.check, later(3))
    assert open_lesson(learner, later(30)).prompt is None
    again = open_lesson(learner, later(300))
    assert again.prompt is not None


def test_ten_minutes_of_play_raise_a_check_and_the_answer_seals_them(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 585, after=4)
    assert not OpenCheck.objects.exists()
    assert kept_news(opened.session).check is None
    play(opened, learner, 15, after=589, at_media=585)
    check = open_check()
    assert check.kind == CheckKind.RANDOM.value
    news = kept_news(opened.session)
    assert news.check is not None
    assert (news.check.check, news.check.method, news.check.answer_seconds) == (str(check.pk), "click_code", 60)
    assert (news.credited_seconds, news.pending_seconds) == (0, 600)
    assert credit_all(later(610)) == 0
    decided = confirm(opened, learner, check.pk, later(607))
    assert (decided.result, decided.cause, decided.latency_ms, decided.answers) == (
        CheckResult.PASSED,
        CheckCause.ANSWERED,
        1_000,
        1,
    )
    assert credit_all(later(610)) == 1
    assert credited(learner, later(610)) == 600
    assert refused(learner, later(610)) == {}
    assert (
        api.progress_for(
            learner_id=learner.learner_id, enrolment_id=learner.enrolment_id, unit_key=LESSON, now=later(611)
        ).pending
        == ()
    )


def test_no_answer_voids_only_back_to_the_last_proof_and_the_stretch_can_be_watched_again(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 600, after=4)
    confirm(opened, learner, open_check().pk, later(606))
    play(opened, learner, 600, after=610, at_media=600)
    check = open_check()
    show(opened, learner, check.pk, later(1_212))
    assert api.miss_due(now=later(1_273)) == 0
    assert api.miss_due(now=later(1_300)) == 1
    [missed] = api.checks_of(enrolment_ids=[learner.enrolment_id])[-1:]
    assert (missed.result, missed.cause, missed.decided_at) == (
        CheckResult.FAILED,
        CheckCause.NO_ANSWER,
        later(1_212 + 62),
    )
    credit_all(later(1_300))
    assert credited(learner, later(1_300)) == 600
    assert refused(learner, later(1_300)) == {"no_presence": 600}
    play(opened, learner, 600, after=1_320, at_media=600)
    confirm(opened, learner, open_check().pk, later(1_922))
    credit_all(later(2_000))
    assert credited(learner, later(2_000)) == 1_200
    assert refused(learner, later(2_000)) == {"no_presence": 600}


def test_the_timer_survives_a_pause_a_reload_and_another_device(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 300, after=4)
    again = open_lesson(learner, later(4_000))
    assert again.prompt is not None
    confirm(again, learner, again.prompt.check, later(4_001))
    credit_all(later(4_002))
    assert credited(learner, later(4_002)) == 300  # what waited was confirmed by the next proof, in another session
    play(again, learner, 285, after=4_004, at_media=300)
    assert not OpenCheck.objects.exists()
    play(again, learner, 15, after=4_289, at_media=585)
    assert open_check().kind == CheckKind.RANDOM.value


def test_the_end_of_the_video_is_confirmed_at_once(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    [*first, last] = watch(MORNING, 120, after=4)
    send(opened.session, learner.learner_id, [*first, [last[0]._replace(why="end")]])
    settle_all(later(130))
    check = open_check()
    assert check.kind == CheckKind.END.value
    confirm(opened, learner, check.pk, later(131))
    credit_all(later(140))
    assert credited(learner, later(140)) == 120


def test_a_page_that_plays_on_without_showing_the_prompt_has_missed_it(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 600, after=4)
    check = open_check()
    play(opened, learner, 90, after=604, at_media=600)
    [*_, missed] = api.checks_of(enrolment_ids=[learner.enrolment_id])
    assert (missed.check, missed.result, missed.cause) == (check.pk, CheckResult.FAILED, CheckCause.NOT_SHOWN)
    credit_all(later(800))
    assert credited(learner, later(800)) == 0
    assert refused(learner, later(800))["no_presence"] >= 675


def test_a_tunnel_is_no_muted_prompt_and_a_learner_who_was_away_is_asked_anew(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 600, after=4)
    check = open_check()
    # half a minute of buffered video in a tunnel, then five minutes of nothing
    tunnel = [beat for message in watch(MORNING, 30, after=604, media_from=600, seq=604) for beat in message]
    sent = 940_000
    late = [beat._replace(sent_ms=sent, received_ms=to_ms(MORNING) + sent + 60) for beat in tunnel]
    send(opened.session, learner.learner_id, [late])
    settle_all(later(941))
    assert open_check().pk == check.pk
    # back again: the prompt waits a moment, and what is played meanwhile is not lost
    play(opened, learner, 30, after=945, at_media=630)
    assert open_check().asked_at > check.asked_at
    confirm(opened, learner, check.pk, later(977))
    credit_all(later(980))
    assert credited(learner, later(980)) == 660
    assert refused(learner, later(980)) == {}


def test_a_wrong_answer_gets_a_new_code_and_the_third_one_fails(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    question = show(opened, learner, opened.prompt.check, later(1))
    assert question.code in question.choices
    for place in range(2):
        again = answer(opened, learner, question, later(2 + place), said="00")
        assert isinstance(again, Question)
        assert (again.round, again.notice) == (question.round + 1, "wrong")
        question = again
    outcome = answer(opened, learner, question, later(5), said="00")
    assert isinstance(outcome, CheckFacts)
    assert (outcome.result, outcome.cause, outcome.answers) == (CheckResult.FAILED, CheckCause.WRONG, 3)


def test_an_answer_quicker_than_a_hand_is_no_proof(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    question = show(opened, learner, opened.prompt.check, later(1))
    again = answer(opened, learner, question, later(1.05))
    assert isinstance(again, Question)
    assert again.notice == "too_quick"
    outcome = answer(opened, learner, again, later(1.36))
    assert isinstance(outcome, CheckFacts)
    assert (outcome.result, outcome.latency_ms) == (CheckResult.PASSED, 310)


def test_an_answer_sent_twice_is_one_answer(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    question = show(opened, learner, opened.prompt.check, later(1))
    assert show(opened, learner, opened.prompt.check, later(20)).round == question.round
    wrong = answer(opened, learner, question, later(21), said="00")
    assert answer(opened, learner, question, later(22), said="00") == wrong.__class__(
        **{**{name: getattr(wrong, name) for name in wrong.__dataclass_fields__}, "seconds_left": 39, "notice": ""}
    )
    assert isinstance(wrong, Question)
    passed = answer(opened, learner, wrong, later(23))
    assert answer(opened, learner, wrong, later(40), said="00") == passed
    assert PresenceCheck.objects.count() == 1


def test_two_misses_in_a_row_end_the_session(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    show(opened, learner, opened.prompt.check, later(1))
    api.miss_due(now=later(70))
    play(opened, learner, 600, after=80)
    show(opened, learner, open_check().pk, later(690))
    api.miss_due(now=later(800))
    session = PlaySession.objects.get(pk=opened.session)
    assert session.close_reason == CloseReason.CHECK_FAILED.value
    assert session.closed_at == later(690 + 62)
    play(opened, learner, 60, after=810, at_media=600)
    assert not OpenCheck.objects.exists()
    again = start(learner, later(1_000))
    credit_all(later(1_100))
    assert credited(learner, later(1_100)) == 0
    assert refused(learner, later(1_100)) == {"no_presence": 660}
    assert again.session != opened.session


def test_a_wait_can_be_confirmed_at_once_and_nothing_else_can(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    with pytest.raises(api.UnableToCheck) as error:
        ask(opened, learner, CheckKind.CONFIRM, 5)
    assert error.value.code == "nothing_waits"
    play(opened, learner, 60, after=6)
    found = api.progress_for(
        learner_id=learner.learner_id, enrolment_id=learner.enrolment_id, unit_key=LESSON, now=later(70)
    )
    assert (found.pending, found.unconfirmed_seconds) == (((0, 60_000),), 60)
    prompt = ask(opened, learner, CheckKind.CONFIRM, 70)
    assert ask(opened, learner, CheckKind.CONFIRM, 71) == prompt
    confirm(opened, learner, prompt, later(72))
    credit_all(later(80))
    assert credited(learner, later(80)) == 60


def ask(opened: PlaySessionFacts, learner: EnrolmentFacts, kind: CheckKind, at: int) -> UUID:
    return api.request_check(session=opened.session, learner_id=learner.learner_id, kind=kind, now=later(at)).check


def test_a_page_that_nobody_touches_may_ask_and_lose_but_never_gain(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 60, after=6)
    check = ask(opened, learner, CheckKind.IDLE, 70)
    show(opened, learner, check, later(70))
    api.miss_due(now=later(140))
    credit_all(later(150))
    assert credited(learner, later(150)) == 0
    assert refused(learner, later(150)) == {"no_presence": 60}


def test_what_still_waits_when_the_make_up_days_end_is_refused_with_its_reason(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 60, after=6)
    session = PlaySession.objects.get(pk=opened.session)
    assert session.confirm_until is not None
    assert session.confirm_until - session.window_to >= timedelta(days=3)
    assert api.close_windows(now=session.confirm_until - timedelta(seconds=1)) == 0
    assert api.close_windows(now=session.confirm_until) == 1
    assert api.close_windows(now=session.confirm_until) == 0
    credit_all(session.confirm_until)
    assert refused(learner, session.confirm_until) == {"no_presence": 60}
    with pytest.raises(api.UnableToCheck) as error:
        api.request_check(
            session=opened.session,
            learner_id=learner.learner_id,
            kind=CheckKind.CONFIRM,
            now=session.confirm_until,
        )
    assert error.value.code == "make_up_over"


def test_an_approved_adjustment_gives_time_and_never_credit(checked: World) -> None:
    learner = checked.learner
    with pytest.raises(api.UnableToAdjust):
        api.approve_adjustment(
            learner_id=learner.learner_id, longer=True, spoken=True, reason="视力残疾", approver_id=checked.cast.hr_id,
            now=MORNING,
        )  # fmt: skip
    api.approve_adjustment(
        learner_id=learner.learner_id, longer=True, spoken=True, reason="视力残疾", approver_id=checked.cast.officer_id,
        now=MORNING,
    )  # fmt: skip
    opened = open_lesson(learner)
    assert opened.prompt is not None
    question = show(opened, learner, opened.prompt.check, later(1))
    assert (question.seconds_left, question.spoken) == (180, True)
    assert isinstance(answer(opened, learner, question, later(170)), CheckFacts)
    play(opened, learner, 600, after=180)
    confirm(opened, learner, open_check().pk, later(790))
    credit_all(later(800))
    assert credited(learner, later(800)) == 600


def test_why_an_adjustment_was_needed_can_be_erased_and_nothing_else_of_it(checked: World) -> None:
    learner = checked.learner
    api.approve_adjustment(
        learner_id=learner.learner_id, longer=True, spoken=False, reason="视力残疾",
        approver_id=checked.cast.officer_id, now=MORNING,
    )  # fmt: skip
    erase_when_due(learner.learner_id, later(1))
    kept = api.adjustment_for(learner_id=learner.learner_id)
    assert kept is not None
    assert (kept.longer, kept.reason) == (True, "")


def test_the_summary_counts_what_oversight_must_see(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 600, after=4)
    show(opened, learner, open_check().pk, later(605))
    api.miss_due(now=later(700))
    summary = api.presence_summary(enrolment_ids=[learner.enrolment_id])[learner.enrolment_id]
    assert (summary.asked, summary.passed, summary.missed, summary.lapsed) == (2, 1, 1, 0)
    assert (summary.latencies_ms, summary.over_limit) == ((1_000,), True)


def test_records_give_sessions_and_raw_beats_for_the_archive(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 60, after=4)
    [session] = api.sessions_of(enrolment_ids=[learner.enrolment_id])
    assert (session.session, session.category, session.unit_key) == (opened.session, "blended_class", LESSON)
    beats = [beat for part in api.beats_of(enrolment_ids=[learner.enrolment_id]) for beat in part.beats]
    assert beats == [beat for message in watch(MORNING, 60, after=4, seq=4) for beat in message]


def test_a_strangers_check_is_not_found(checked: World) -> None:
    learner = checked.learner
    opened = open_lesson(learner)
    assert opened.prompt is not None
    with pytest.raises(api.SessionNotFound):
        api.show_check(
            session=opened.session, check=opened.prompt.check, learner_id=checked.cast.stranger_id, now=later(1)
        )
    with pytest.raises(api.CheckNotFound):
        api.show_check(session=opened.session, check=uuid4(), learner_id=learner.learner_id, now=later(1))
    assert OpenCheck.objects.filter(shown_at=None).count() == 1


def test_evidence_of_a_check_is_sealed_once(checked: World) -> None:
    learner = checked.learner
    opened = start(learner)
    play(opened, learner, 600, after=4)
    check = open_check().pk
    confirm(opened, learner, check, later(606))
    [evidence] = SealedEvidence.objects.all()
    assert evidence.external_key == f"{opened.session}:check:{check}"
    assert [row[1] - row[0] for row in spans_of(evidence)] == [600_000]


def spans_of(evidence: SealedEvidence) -> Iterator[tuple[int, int]]:
    for row in evidence.stretches:
        yield row[0], row[1]
