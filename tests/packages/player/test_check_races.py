"""Two hands at once, and a kill between any two lines: one outcome, every second decided once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
import redis
from django.db import connections

from lms.enrolment.data import EnrolmentFacts
from lms.player import api, checks
from lms.player.data import CheckFacts, CheckResult, PlaySessionFacts, Question
from lms.player.models import OpenCheck, PlayMemory, PresenceCheck
from tests.packages.player.world import (
    MORNING,
    credit_all,
    credited,
    later,
    make_checked_world,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def learner(streams: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> EnrolmentFacts:
    monkeypatch.setattr("lms.player.checks.secrets.randbelow", lambda _most: 0)
    return make_checked_world().learner


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each thread got back, in the order given; an exception fails the test."""
    answers: list[object] = [None] * len(works)
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], object]) -> None:
        start.wait()
        try:
            answers[place] = work()
        except BaseException as error:  # noqa: BLE001  the main thread looks at it
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return answers


def shown(opened: PlaySessionFacts, learner: EnrolmentFacts, now: datetime) -> Question:
    question = api.show_check(
        session=opened.session, check=OpenCheck.objects.get().pk, learner_id=learner.learner_id, now=now
    )
    assert isinstance(question, Question)
    return question


def answer(
    opened: PlaySessionFacts, learner: EnrolmentFacts, question: Question, now: datetime
) -> Callable[[], Question | CheckFacts]:
    return lambda: api.answer_check(
        session=opened.session,
        check=question.check,
        learner_id=learner.learner_id,
        round_no=question.round,
        answer=question.code,
        now=now,
    )


def watched(learner: EnrolmentFacts) -> PlaySessionFacts:
    """Ten minutes settled after a passed start check; the random check is open."""
    opened = open_lesson(learner)
    answer(opened, learner, shown(opened, learner, later(1)), later(2))()
    send(opened.session, learner.learner_id, watch(MORNING, 600, after=4))
    settle_all(later(605))
    return opened


def test_an_answer_sent_by_six_hands_at_once_is_one_answer(learner: EnrolmentFacts) -> None:
    opened = watched(learner)
    question = shown(opened, learner, later(606))
    outcomes = at_once(*[answer(opened, learner, question, later(607))] * 6)
    assert len({outcome for outcome in outcomes if isinstance(outcome, CheckFacts)}) == 1
    assert PresenceCheck.objects.count() == 2
    credit_all(later(700))
    assert credited(learner, later(700)) == 600


def test_an_answer_beside_settling_decides_every_second_once(learner: EnrolmentFacts) -> None:
    for place in range(4):
        begin = 10_000 * place
        opened = open_lesson(learner, later(begin))
        answer(opened, learner, shown(opened, learner, later(begin + 1)), later(begin + 2))()
        send(opened.session, learner.learner_id, watch(later(begin), 300, after=4, media_from=600 * place))
        settle_all(later(begin + 305))
        api.request_check(
            session=opened.session, learner_id=learner.learner_id, kind=api.CheckKind.CONFIRM, now=later(begin + 306)
        )
        question = shown(opened, learner, later(begin + 306))
        # beats that were played before the answer, and are settled while it comes in
        send(
            opened.session,
            learner.learner_id,
            watch(later(begin), 30, after=304, media_from=600 * place + 300, seq=50),
        )
        at_once(
            answer(opened, learner, question, later(begin + 340)),
            lambda end=begin + 341: settle_all(later(end)),  # type: ignore[misc]  # a default binds the number
        )
        credit_all(later(begin + 350))
        assert credited(learner, later(begin + 350)) == 330 * (place + 1)
    assert refused(learner, later(90_000)) == {}
    assert not PlayMemory.objects.filter(unproven_ms__gt=0).exists()


def test_an_answer_at_the_deadline_and_the_miss_give_one_outcome(learner: EnrolmentFacts) -> None:
    opened = watched(learner)
    question = shown(opened, learner, later(606))
    outcome, _missed = at_once(answer(opened, learner, question, later(667.999)), lambda: api.miss_due(now=later(668)))
    decided = PresenceCheck.objects.get(pk=question.check)
    assert isinstance(outcome, CheckFacts)
    assert outcome.result.value == decided.result
    credit_all(later(700))
    good = decided.result == CheckResult.PASSED.value
    assert credited(learner, later(700)) == (600 if good else 0)
    assert refused(learner, later(700)) == ({} if good else {"no_presence": 600})


def test_a_process_that_dies_while_it_decides_leaves_everything_as_it_was(
    learner: EnrolmentFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = watched(learner)
    question = shown(opened, learner, later(606))
    points = ("store_memories", "evidence.record_many", "sweep")
    for point in points:
        with monkeypatch.context() as patch:
            owner, _, name = point.rpartition(".")
            patch.setattr(getattr(checks, owner) if owner else checks, name, _die)
            with pytest.raises(KeyboardInterrupt):
                answer(opened, learner, question, later(607))()
        assert OpenCheck.objects.get().pk == question.check
        assert PresenceCheck.objects.count() == 1
        assert credit_all(later(608)) == 0
    answer(opened, learner, question, later(609))()
    credit_all(later(610))
    assert credited(learner, later(610)) == 600


def _die(*_args: object, **_options: object) -> None:
    """As a signal would end it: no handler of ours runs."""
    raise KeyboardInterrupt
