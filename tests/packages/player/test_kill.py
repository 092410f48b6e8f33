"""Kill -9 anywhere on the way of a beat: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import time

import pytest
import redis
from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone
from redis.exceptions import ConnectionError as ValkeyGone

from lms.evidence.models import SealedEvidence
from lms.player import api, shards, stream
from lms.player.models import QuarantinedBeat, SettleLease, WatchSegment
from tests.children import child
from tests.lmsplugin import ENGINES
from tests.packages.player.world import (
    MORNING,
    World,
    credit_all,
    credited,
    later,
    make_world,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)

pytestmark = pytest.mark.django_db(transaction=True)
SETTLER = "tests.packages.player.settler"
NAMES = ("李秀兰", "张伟", "王芳", "刘洋")


@pytest.fixture
def watched(streams: redis.Redis) -> World:
    """Four learners whose ten minutes lie in the streams."""
    world = make_world(names=NAMES)
    for enrolment in world.enrolments:
        opened = open_lesson(enrolment)
        send(opened.session, enrolment.learner_id, watch(MORNING, 600, after=2))
    return world


def free_leases() -> None:
    """As when the dead settler's lease has run out."""
    SettleLease.objects.update(lease_until=MORNING)


def waiting(streams: redis.Redis) -> int:
    return sum(streams.xlen(shards.stream_key(shard)) for shard in range(settings.PLAYER_SHARDS))


def assert_exact(world: World) -> None:
    """Ten minutes each, every beat sealed once, nothing else."""
    now = later(1_000)
    credit_all(timezone.now())
    assert [credited(enrolment, now) for enrolment in world.enrolments] == [600] * len(world.enrolments)
    assert [refused(enrolment, now) for enrolment in world.enrolments] == [{}] * len(world.enrolments)
    beats = [(segment.session_id, beat[0], beat[1]) for segment in WatchSegment.objects.all() for beat in segment.beats]
    assert len(beats) == len(set(beats)) == 40 * len(world.enrolments)
    assert SealedEvidence.objects.count() == WatchSegment.objects.count()
    assert not QuarantinedBeat.objects.exists()


@pytest.mark.parametrize("point", ["publish", "trim", "commit"])
def test_a_settler_killed_around_its_commit_neither_loses_nor_doubles(
    point: str, watched: World, streams: redis.Redis
) -> None:
    with child(SETTLER, point) as settler:
        assert settler.told.readline() == f"{point}\n"
        assert waiting(streams) > 0
        assert WatchSegment.objects.exists() is (point != "commit")
    free_leases()
    settle_all(timezone.now())
    assert waiting(streams) == 0
    assert_exact(watched)


def test_a_settler_killed_at_random_again_and_again(watched: World, streams: redis.Redis) -> None:
    chance = random.Random(3)  # noqa: S311  the same in each run
    for _ in range(4):
        with child(SETTLER, "loop"):
            time.sleep(chance.uniform(0.0, 0.15))
        free_leases()
    settle_all(timezone.now(), batches=100)
    assert waiting(streams) == 0
    assert_exact(watched)


def test_two_settlers_at_once_share_the_work_and_double_nothing(watched: World, streams: redis.Redis) -> None:
    with child(SETTLER, "loop"), child(SETTLER, "loop"):
        until = time.monotonic() + 20
        while waiting(streams) and time.monotonic() < until:
            time.sleep(0.05)
    assert waiting(streams) == 0
    assert_exact(watched)


def test_a_stale_settler_that_wakes_up_writes_nothing(watched: World, streams: redis.Redis) -> None:
    with child(SETTLER, "commit") as settler:
        settler.told.readline()
        # its transaction holds the lease's row: killing it lets the next one in, and what it did is gone
        settler.process.kill()
        settler.process.wait()
        free_leases()
        settle_all(timezone.now())
    assert_exact(watched)


def test_postgresql_killed_in_the_middle(watched: World, streams: redis.Redis) -> None:
    shard = next(shard for shard in range(settings.PLAYER_SHARDS) if streams.xlen(shards.stream_key(shard)))
    api.settle(shard=shard, holder="test", now=timezone.now(), limit=10, batches=1)
    ENGINES.crash("postgres")
    with pytest.raises(OperationalError):
        settle_all(timezone.now())
    connections.close_all()
    free_leases()
    settle_all(timezone.now())
    assert waiting(streams) == 0
    assert_exact(watched)


def test_valkey_killed_in_the_middle(watched: World, streams: redis.Redis) -> None:
    settle_all(timezone.now(), limit=10, batches=1)
    left = waiting(streams)
    assert left > 0
    ENGINES.end("streams")
    with pytest.raises(ValkeyGone):
        settle_all(timezone.now())
    ENGINES.need("streams")
    stream.client.cache_clear()
    assert waiting(streams) == left
    settle_all(timezone.now())
    assert_exact(watched)


def test_valkey_killed_after_the_commit_leaves_only_leftovers(watched: World, streams: redis.Redis) -> None:
    with child(SETTLER, "trim") as settler:
        settler.told.readline()
        ENGINES.crash("streams")
    free_leases()
    stream.client.cache_clear()
    settle_all(timezone.now())
    assert waiting(streams) == 0
    assert_exact(watched)
