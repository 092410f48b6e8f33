"""Many at once are one: two clicks, two desks, a sweep beside an answer, a kill in between; tampering is named."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from lms.appeals import api
from lms.appeals.data import AppealState, UnableToAppeal
from lms.appeals.models import Answer, Appeal, AppealedEntry, Move
from lms.db.api import announce
from lms.db.models import OutboxEntry
from tests.factories.learning import LATER
from tests.packages.appeals.conftest import Dispute, make_dispute
from tests.packages.ledger.test_races import THREADS, race

_WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quarrel(transactional_db: None) -> Dispute:
    return make_dispute()


def lodge(dispute: Dispute, words: str = "我在场") -> int:
    return api.lodge_appeal(
        learner_id=dispute.learner.learner_id, enrolment_id=dispute.learner.enrolment_id, seq=dispute.seq, words=words,
        now=LATER,
    ).appeal_id  # fmt: skip


def test_eight_clicks_make_one_appeal_and_every_click_shows_it(quarrel: Dispute) -> None:
    shown: list[int] = []
    assert race(lambda number: shown.append(lodge(quarrel, f"第{number}次"))) == []
    assert (len(shown), len(set(shown))) == (THREADS, 1)
    assert (Appeal.objects.count(), AppealedEntry.objects.count(), Move.objects.count()) == (1, 1, 1)
    assert OutboxEntry.objects.filter(topic="appeals.waits").count() == 1


def test_an_answer_and_the_sweep_meet_at_one_row(quarrel: Dispute) -> None:
    appeal_id = lodge(quarrel)
    late = LATER + timedelta(days=8)

    def work(number: int) -> None:
        if number % 2:
            api.sweep_overdue(now=late)
        else:
            api.answer_appeal(
                appeal_id=appeal_id, author_id=quarrel.cast.provider_admin_id, upheld=False, reason="已核对", now=late
            )

    raised = race(work)
    appeal = api.appeal_of(appeal_id=appeal_id)
    assert all(isinstance(error, UnableToAppeal) for error in raised)
    if appeal.state is AppealState.ANSWERED:
        assert (Answer.objects.count(), Move.objects.count(), raised) == (1, 1, [])
    else:
        assert (appeal.state, Answer.objects.count(), Move.objects.count()) == (AppealState.AUTHORITY, 0, 2)
    assert list(api.bad_answers()) == []


def test_a_connection_killed_before_the_commit_leaves_nothing_and_the_answer_can_be_given_again(
    quarrel: Dispute,
) -> None:
    appeal_id = lodge(quarrel)
    lost: list[Exception] = []

    def answer() -> None:
        try:
            api.answer_appeal(
                appeal_id=appeal_id, author_id=quarrel.cast.provider_admin_id, upheld=True, reason="有理", now=LATER
            )
        except (OperationalError, InterfaceError) as error:
            lost.append(error)
        finally:
            connections.close_all()

    worker = threading.Thread(target=answer)
    waiting: list[tuple[int]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        # The answer is sealed and the appeal has moved; its announcement waits for ours, which never commits.
        announce(topic="appeals.answered", key=f"{appeal_id}:provider", occurred_at=LATER)
        worker.start()
        for _ in range(3_000):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            waiting = cursor.fetchall()
            if waiting:
                break
            threading.Event().wait(0.01)
        cursor.execute("SELECT pg_terminate_backend(%s)", waiting[0])
        transaction.set_rollback(True)
    worker.join(timeout=60)
    assert len(lost) == 1
    assert (Answer.objects.count(), api.appeal_of(appeal_id=appeal_id).state) == (0, AppealState.PROVIDER)
    assert OutboxEntry.objects.filter(topic="appeals.answered").count() == 0
    done = api.answer_appeal(
        appeal_id=appeal_id, author_id=quarrel.cast.provider_admin_id, upheld=True, reason="有理", now=LATER
    )
    assert (done.state, done.answers[0].number) == (AppealState.UPHELD, 1)


def test_what_the_owner_of_the_database_changes_in_an_answer_is_named(
    quarrel: Dispute, owner_connection: psycopg.Connection
) -> None:
    appeal_id = lodge(quarrel)
    for by, word in ((quarrel.cast.provider_admin_id, "不支持"), (quarrel.cast.officer_id, "维持")):
        api.answer_appeal(appeal_id=appeal_id, author_id=by, upheld=False, reason=word, now=LATER)
        if by == quarrel.cast.provider_admin_id:
            api.go_on(appeal_id=appeal_id, learner_id=quarrel.learner.learner_id, words="不服", now=LATER)
    assert list(api.bad_answers()) == []
    for statement, finding in (
        ("UPDATE appeals_answer SET reason = 'x' WHERE number = 2", "answer 2: its content does not give its hash"),
        (
            "UPDATE appeals_answer SET signature = reverse(signature) WHERE number = 1",
            "answer 1: its signature does not hold",
        ),
        ("DELETE FROM appeals_answer WHERE number = 1", "answer 1 is gone"),
        ("DELETE FROM appeals_answer", f"appeal {appeal_id} is refused, its answer is gone"),
    ):
        with owner_connection.transaction():
            owner_connection.execute("ALTER TABLE appeals_answer DISABLE TRIGGER USER")
            owner_connection.execute(statement)
            owner_connection.execute("ALTER TABLE appeals_answer ENABLE TRIGGER USER")
        assert next(api.bad_answers()) == finding
