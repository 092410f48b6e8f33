"""The watch: incremental, repeatable, by two at once, and blind to nothing that was settled."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import redis
from django.db import connections

from lms.lib.localday import from_ms
from lms.oversight.api import watch
from lms.oversight.models import DeviceUse, Flag, WatchProgress
from lms.player.models import WatchSegment
from tests.packages.player.world import MORNING, World, make_world, open_lesson, send, settle_all
from tests.packages.player.world import watch as watched

AFTER = MORNING + timedelta(hours=1)
LONG_AFTER = AFTER + timedelta(hours=1)


@pytest.fixture
def world(db: None, streams: redis.Redis) -> World:
    return make_world(names=("李秀兰", "张建国"))


def run(world: World, *, speed: int = 16_000, who: int = 0, start: datetime = MORNING) -> None:
    learner = world.enrolments[who]
    opened = open_lesson(learner, start)
    send(opened.session, learner.learner_id, watched(start, 150, speed=speed))
    settle_all(AFTER)


def test_what_was_settled_is_flagged_once_however_often_it_is_watched(world: World) -> None:
    run(world)
    for _ in range(3):
        watch(now=LONG_AFTER)
    (flag,) = Flag.objects.all()
    assert (flag.rule, flag.subject_kind, flag.enrolment_id) == (
        "speed_anomaly",
        "session",
        world.learner.enrolment_id,
    )
    assert flag.figures == {"asked_seconds": 2_400, "passed_seconds": 150, "clipped_seconds": 2_250}
    assert (flag.window_from, flag.raised_at) == (from_ms(int(MORNING.timestamp() * 1000)), LONG_AFTER)


def test_what_was_settled_a_moment_ago_waits_for_its_neighbours(world: World) -> None:
    run(world)
    watch(now=AFTER + timedelta(minutes=1))
    assert not Flag.objects.exists()
    watch(now=LONG_AFTER)
    assert Flag.objects.count() == 1


def test_the_next_round_goes_on_where_the_last_one_stopped(world: World) -> None:
    run(world, speed=1_000)
    watch(now=LONG_AFTER)
    assert not Flag.objects.exists()
    place = WatchProgress.objects.get(pk="sessions").last_id
    assert place == str(WatchSegment.objects.latest("pk").pk)
    run(world, who=1)
    watch(now=LONG_AFTER)
    assert [flag.enrolment_id for flag in Flag.objects.all()] == [world.enrolments[1].enrolment_id]


def test_a_watch_that_died_before_it_moved_on_does_everything_again_and_nothing_twice(world: World) -> None:
    run(world)
    watch(now=LONG_AFTER)
    WatchProgress.objects.filter(pk="sessions").update(last_id="0")
    watch(now=LONG_AFTER + timedelta(minutes=5))
    assert [flag.raised_at for flag in Flag.objects.filter(rule="speed_anomaly")] == [LONG_AFTER]


def test_flags_hold_no_address_and_no_name_and_uses_are_forgotten(world: World) -> None:
    run(world)
    watch(now=LONG_AFTER)
    (use,) = DeviceUse.objects.all()
    assert len(use.device) == 24
    watch(now=LONG_AFTER + timedelta(days=9))
    assert not DeviceUse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_watchers_at_once_raise_each_flag_once(streams: redis.Redis) -> None:
    world = make_world(names=("李秀兰", "张建国"))
    for who in range(2):
        run(world, who=who)

    def look() -> None:
        try:
            watch(now=LONG_AFTER)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Flag.objects.values_list("rule", "enrolment_id")) == sorted(
        ("speed_anomaly", one.enrolment_id) for one in world.enrolments
    )
