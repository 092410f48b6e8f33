"""A page's own JSON through the real door to credited seconds, and what a wrong token brings: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from django.utils import timezone

from lms.enrolment.data import EnrolmentFacts
from lms.lib.localday import local_day
from lms.player import api
from lms.player.models import QuarantinedBeat, WatchSegment
from tests.packages.player.door import Answer, knock, message, open_door, token_for, wire_beat
from tests.packages.player.world import LESSON, SECOND_LESSON, World, credit_all, credited, make_world, settle_all

MINUTES_AGO = timedelta(minutes=3)


@pytest.fixture
def world(db: None, streams: redis.Redis) -> World:
    """A class that runs now."""
    return make_world(starts_on=local_day(timezone.now()) - timedelta(days=7))


def open_a_while_ago(enrolment: EnrolmentFacts, unit_key: str = LESSON) -> str:
    """The token of a session that began three minutes ago."""
    return api.open_session(
        learner_id=enrolment.learner_id,
        enrolment_id=enrolment.enrolment_id,
        unit_key=unit_key,
        now=timezone.now() - MINUTES_AGO,
    ).token


def deliver(*bodies: bytes) -> Sequence[Answer]:
    async def go() -> list[Answer]:
        async with open_door():
            return [await knock(body) for body in bodies]

    return asyncio.run(go())


def settle_and_credit() -> None:
    settle_all(timezone.now())
    credit_all(timezone.now())


def test_an_honest_page_earns_what_it_played(world: World) -> None:
    token = open_a_while_ago(world.learner)
    beats = [wire_beat(seq) for seq in range(8)]
    bodies = [message(token, *beats[:4], sent_ms=125_000), message(token, *beats, sent_ms=126_000, sent_boot="b1")]
    assert [answer.status for answer in deliver(*bodies)] == [202, 202]
    settle_and_credit()
    assert credited(world.learner, timezone.now()) == 120
    [answer] = deliver(message(token))
    assert (answer.body["settled_seq"], answer.body["pending_seconds"]) == (7, 120)
    verdicts = [verdict["verdict"] for verdict in answer.body["verdicts"]]
    assert sorted(verdicts) == ["COUNTED"] * 2 + ["LATE_SYNC"] * 6 + ["REPLAYED"] * 4


def test_a_page_that_claims_more_than_the_time_since_its_start_is_cut(world: World) -> None:
    token = open_a_while_ago(world.learner)
    deliver(message(token, *(wire_beat(seq) for seq in range(100)), sent_ms=1_500_000))
    settle_and_credit()
    assert 175 <= credited(world.learner, timezone.now()) <= 190


def test_a_forged_or_foreign_token_earns_nothing_for_anybody(world: World) -> None:
    mine = open_a_while_ago(world.learner)
    forged = token_for(uuid4(), learner_id=world.learner.learner_id, ring={"t1": "99" * 32})
    swapped = mine[:60] + forged[60:]
    answers = deliver(*(message(token, wire_beat(0)) for token in (forged, swapped, mine[:-1])))
    assert [answer.status for answer in answers] == [403, 403, 403]
    settle_and_credit()
    assert credited(world.learner, timezone.now()) == 0
    assert not WatchSegment.objects.exists()
    assert not QuarantinedBeat.objects.exists()


def test_a_token_of_another_unit_earns_for_its_own_unit(world: World) -> None:
    token = open_a_while_ago(world.learner, SECOND_LESSON)
    deliver(message(token, *(wire_beat(seq) for seq in range(4)), sent_ms=70_000))
    settle_and_credit()
    assert credited(world.learner, timezone.now()) == 0
    assert credited(world.learner, timezone.now(), SECOND_LESSON) == 60


def test_a_token_sealed_for_a_session_that_never_was_is_set_aside(world: World) -> None:
    [answer] = deliver(message(token_for(uuid4()), wire_beat(0)))
    assert answer.status == 202
    settle_and_credit()
    assert list(QuarantinedBeat.objects.values_list("reason", flat=True)) == ["unknown session"]
    assert not WatchSegment.objects.exists()
