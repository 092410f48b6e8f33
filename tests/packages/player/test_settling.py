"""From the stream to evidence and credit: exactly what was watched, once."""

from __future__ import annotations

from uuid import uuid4

import pytest
import redis

from lms.evidence.models import SealedEvidence
from lms.player import api, shards, stream, wire
from lms.player.data import Verdict
from lms.player.models import PlaySession, QuarantinedBeat, SettleLease, WatchSegment
from tests.packages.player.world import (
    LESSON,
    MORNING,
    World,
    arrival,
    credit_all,
    credited,
    kept_news,
    later,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)


def waiting(streams: redis.Redis) -> int:
    return sum(streams.xlen(shards.stream_key(shard)) for shard in range(2))


def test_watching_ten_minutes_credits_ten_minutes(world: World, streams: redis.Redis) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 600, after=4))
    reports = settle_all(later(700))
    assert sum(report.beats for report in reports) == 40
    assert sum(report.evidence for report in reports) == 1
    assert waiting(streams) == 0
    assert credit_all(later(700)) == 1
    assert credited(learner, later(700)) == 600
    assert refused(learner, later(700)) == {}
    [evidence] = SealedEvidence.objects.all()
    assert evidence.unit_key == LESSON
    assert evidence.payload["session"] == str(opened.session)
    [segment] = WatchSegment.objects.all()
    assert len(segment.beats) == 40
    assert not QuarantinedBeat.objects.exists()


def test_settling_each_beat_as_it_comes_gives_the_same(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    for index, message in enumerate(watch(MORNING, 600, after=4)):
        send(opened.session, learner.learner_id, [message])
        settle_all(later(20 + 15 * index))
        credit_all(later(20 + 15 * index))
    assert credited(learner, later(700)) == 600
    assert refused(learner, later(700)) == {}
    assert SealedEvidence.objects.count() == 40


def test_beats_sent_twice_are_sealed_once(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    messages = watch(MORNING, 120)
    send(opened.session, learner.learner_id, messages)
    settle_all(later(200))
    send(opened.session, learner.learner_id, messages)
    settle_all(later(201))
    credit_all(later(202))
    assert credited(learner, later(300)) == 120
    assert SealedEvidence.objects.count() == WatchSegment.objects.count() == 1


def test_nobody_settles_beside_a_living_lease_and_an_expired_one_is_taken_over(world: World) -> None:
    from lms.player.locks import LeaseLost, hold_lease, take_lease

    learner = world.learner
    opened = open_lesson(learner)
    shard = shards.shard_of(learner.learner_id, 2)
    send(opened.session, learner.learner_id, watch(MORNING, 60))
    held = take_lease(shard=shard, holder="other", seconds=30)
    assert held is not None
    assert api.settle(shard=shard, holder="me", now=later(100)) == api.SettleReport()
    assert not WatchSegment.objects.exists()
    SettleLease.objects.update(lease_until=MORNING)
    assert api.settle(shard=shard, holder="me", now=later(100)).beats == 4
    with pytest.raises(LeaseLost):
        hold_lease(shard=shard, token=held[0], seconds=30)


def test_what_cannot_be_settled_is_set_aside_and_the_rest_goes_on(world: World, streams: redis.Redis) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    shard = shards.shard_of(learner.learner_id, 2)
    good = [arrival(opened.session, learner.learner_id, beats) for beats in watch(MORNING, 60)]
    stranger = arrival(uuid4(), learner.learner_id, watch(MORNING, 15)[0])
    odd = wire.arrival_encoder.encode(wire.Arrival(b"short", learner.learner_id, 1, 1, "", []))
    stream.add(shard, [good[0], b"\xc0", b"\x93\x01\x02\x03", stranger, odd, good[1]])
    streams.xadd(shards.stream_key(shard), {"m": b"\xff\xff no message at all"})
    streams.xadd(shards.stream_key(shard), {"other": b"field"})
    stream.add(shard, good[2:])
    report = api.settle(shard=shard, holder="test", now=later(100))
    credit_all(later(100))
    assert credited(learner, later(100)) == 60
    assert report.quarantined == 6
    assert (
        sorted(QuarantinedBeat.objects.values_list("reason", flat=True)) == ["unknown session"] * 2 + ["unreadable"] * 4
    )
    assert waiting(streams) == 0


def test_a_poisoned_learner_does_not_hold_back_the_others(streams: redis.Redis, db: None) -> None:
    from tests.packages.player.world import make_world

    world = make_world(names=("李秀兰", "张伟", "王芳"))
    sessions = [open_lesson(enrolment) for enrolment in world.enrolments]
    # evidence of a unit that the curriculum does not have is refused at the door of evidence
    PlaySession.objects.filter(pk=sessions[1].session).update(unit_key="no-such-unit")
    for enrolment, opened in zip(world.enrolments, sessions, strict=True):
        send(opened.session, enrolment.learner_id, watch(MORNING, 60))
    settle_all(later(100))
    credit_all(later(100))
    assert [credited(enrolment, later(100)) for enrolment in world.enrolments] == [60, 0, 60]
    assert set(QuarantinedBeat.objects.values_list("reason", flat=True)) == {
        "UnableToRecord: The learner's curriculum has no such unit."
    }
    assert waiting(streams) == 0


def test_a_replaced_valkey_with_a_younger_clock_is_read_from_its_beginning(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    messages = watch(MORNING, 60)
    send(opened.session, learner.learner_id, messages[:2])
    settle_all(later(100))
    SettleLease.objects.update(last_id="9999999999999-0")
    send(opened.session, learner.learner_id, messages[2:])
    settle_all(later(101))
    credit_all(later(101))
    assert credited(learner, later(101)) == 60


def test_news_tell_the_fronts_what_was_settled(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 60))
    settle_all(later(70))
    stored = kept_news(opened.session)
    news = stored
    assert (news.settled_seq, news.credited_seconds, news.pending_seconds, news.prompt) == (3, 0, 60, None)
    assert news.verdicts == [("b1", seq, Verdict.COUNTED.value) for seq in range(4)]
    credit_all(later(71))
    send(opened.session, learner.learner_id, watch(MORNING, 75)[4:])
    settle_all(later(80))
    again = kept_news(opened.session)
    assert (again.settled_seq, again.credited_seconds, again.pending_seconds) == (4, 60, 15)


def test_large_batches_are_taken_in_several_bites(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 600))
    reports = settle_all(later(700), limit=10, batches=1)
    assert any(report.more for report in reports)
    settle_all(later(700), limit=10, batches=9)
    credit_all(later(700))
    assert credited(learner, later(700)) == 600


def test_history_is_fed_by_the_same_rules(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    beats = [beat for message in watch(MORNING, 300) for beat in message]
    assert api.feed_history(session=opened.session, beats=beats, now=later(400)) == 20
    assert api.feed_history(session=opened.session, beats=beats, now=later(400)) == 0
    credit_all(later(400))
    assert credited(learner, later(400)) == 300
    with pytest.raises(api.SessionNotFound):
        api.feed_history(session=uuid4(), beats=beats, now=later(400))
