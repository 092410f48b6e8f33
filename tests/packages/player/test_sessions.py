"""Opening sessions, their progress, and who may."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections

from lms.enrolment.api import drop
from lms.evidence.api import clock_holder
from lms.lib.localday import to_ms
from lms.player import api
from lms.player.data import CloseReason
from lms.player.models import PlayMemory, PlaySession
from lms.player.token import TokenKeys
from media.models import MediaAsset
from tests.packages.player.world import (
    LESSON,
    MORNING,
    SECOND_LESSON,
    WORKSHOP,
    World,
    credit_all,
    credited,
    kept_news,
    later,
    make_world,
    open_lesson,
    refused,
    send,
    settle_all,
    watch,
)


def test_opening_takes_the_clock_and_seals_a_token(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    claims = TokenKeys(settings.PLAY_TOKEN_KEYS).read(opened.token, now_ms=to_ms(MORNING))
    assert (claims.session, claims.learner_id, claims.enrolment_id) == (
        opened.session.bytes,
        learner.learner_id,
        learner.enrolment_id,
    )
    assert (claims.unit_key, claims.unit_ms) == (LESSON, 2_700_000)
    assert opened.expires_at == MORNING + timedelta(hours=12)
    assert (opened.next_seq, opened.heartbeat_seconds, opened.resume_position) == (0, 15, 0)
    assert (opened.duration_seconds, opened.max_rate_milli, opened.today_left_seconds) == (2700, 1000, 21_600)
    assert opened.notices == ()
    holder = clock_holder(learner_id=learner.learner_id, at=later(1))
    assert holder is not None
    assert (holder.holder, holder.source) == (str(opened.session), "video")


def test_a_newer_session_closes_the_older_one_with_its_reason(world: World) -> None:
    first = open_lesson(world.learner)
    second = open_lesson(world.learner, later(60), SECOND_LESSON)
    row = PlaySession.objects.get(pk=first.session)
    assert (row.closed_at, row.close_reason) == (later(60), CloseReason.SUPERSEDED.value)
    assert PlaySession.objects.get(pk=second.session).closed_at is None
    assert PlaySession.objects.count() == PlayMemory.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_fronts_hear_that_a_session_was_superseded(streams: object) -> None:
    world = make_world()
    first = open_lesson(world.learner)
    open_lesson(world.learner, later(60))
    stored = kept_news(first.session)
    assert stored.prompt == "superseded"


def test_two_devices_never_earn_the_same_minute(world: World) -> None:
    learner = world.learner
    phone = open_lesson(learner)
    tablet = open_lesson(learner, later(300), SECOND_LESSON)
    send(phone.session, learner.learner_id, watch(MORNING, 600))
    send(tablet.session, learner.learner_id, watch(later(300), 300))
    settle_all(later(700))
    credit_all(later(700))
    assert credited(learner, later(700)) == 300
    assert credited(learner, later(700), SECOND_LESSON) == 300
    assert refused(learner, later(700)) == {"superseded": 300}


@pytest.mark.django_db(transaction=True)
def test_devices_that_open_at_once_leave_one_open(streams: object) -> None:
    learner = make_world().learner
    failures: list[Exception] = []
    gate = threading.Barrier(6)

    def race() -> None:
        try:
            gate.wait()
            open_lesson(learner)
        except Exception as error:  # noqa: BLE001  the main thread looks at it
            failures.append(error)
        finally:
            connections.close_all()

    racers = [threading.Thread(target=race) for _ in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert failures == []
    assert PlaySession.objects.count() == 6
    assert PlaySession.objects.filter(closed_at=None).count() == 1
    starts = list(PlaySession.objects.order_by("started_at").values_list("started_at", flat=True))
    assert len(set(starts)) == 6


def test_another_persons_enrolment_and_unknown_units_are_not_found(world: World) -> None:
    mine = world.learner
    for learner_id, enrolment_id, unit_key in (
        (world.cast.stranger_id, mine.enrolment_id, LESSON),
        (mine.learner_id, mine.enrolment_id + 999, LESSON),
        (mine.learner_id, mine.enrolment_id, "no-such-unit"),
    ):
        with pytest.raises(api.SessionNotFound):
            api.open_session(learner_id=learner_id, enrolment_id=enrolment_id, unit_key=unit_key, now=MORNING)
    opened = open_lesson(mine)
    for session, person in ((opened.session, world.cast.stranger_id), (uuid4(), mine.learner_id)):
        with pytest.raises(api.SessionNotFound):
            api.session_progress(session=session, learner_id=person, now=MORNING)
        with pytest.raises(api.SessionNotFound):
            api.playback_of(session=session, learner_id=person, now=MORNING)
    assert PlaySession.objects.count() == 1


def test_only_a_ready_video_plays(world: World) -> None:
    with pytest.raises(api.UnableToPlayUnit) as no_video:
        open_lesson(world.learner, unit_key=WORKSHOP)
    assert no_video.value.code == "not_video"
    MediaAsset.objects.update(state="queued")
    with pytest.raises(api.UnableToPlayUnit) as not_ready:
        open_lesson(world.learner)
    assert not_ready.value.code == "media_not_ready"
    assert not PlaySession.objects.exists()


def test_the_learner_is_told_what_keeps_time_from_counting(world: World) -> None:
    learner = world.learner
    assert [notice.code for notice in open_lesson(learner, MORNING - timedelta(days=3)).notices] == ["before_window"]
    assert [notice.code for notice in open_lesson(learner, MORNING + timedelta(days=60)).notices] == ["out_of_window"]
    drop(enrolment_id=learner.enrolment_id, actor_id=world.cast.provider_admin_id, reason="left the firm", now=MORNING)
    assert [notice.code for notice in open_lesson(learner, later(5)).notices] == ["not_on_roster"]


def test_time_outside_the_class_is_refused_by_name(world: World) -> None:
    learner = world.learner
    early = MORNING - timedelta(days=3)
    opened = open_lesson(learner, early)
    send(opened.session, learner.learner_id, watch(early, 60))
    settle_all(early + timedelta(seconds=90))
    credit_all(later(0))
    assert credited(learner, later(0)) == 0
    assert refused(learner, later(0)) == {"out_of_window": 60}


def test_progress_tells_credited_pending_and_refused(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 120))
    settle_all(later(130))
    credit_all(later(130))
    jump = watch(MORNING, 15, media_from=600, after=150, seq=8, speed=20_000)
    send(opened.session, learner.learner_id, [*jump, *watch(MORNING, 60, media_from=1_000, after=200, seq=9)])
    settle_all(later(300))
    now = later(300)
    before = api.session_progress(session=opened.session, learner_id=learner.learner_id, now=now)
    assert before.credited == ((0, 120_000),)
    assert before.pending == ((600_000, 615_000), (1_000_000, 1_060_000))
    assert (before.credited_seconds, before.pending_seconds, before.refused) == (120, 75, ())
    credit_all(now)
    after = api.session_progress(session=opened.session, learner_id=learner.learner_id, now=now)
    assert after.credited == ((0, 120_000), (600_000, 615_000), (1_000_000, 1_060_000))
    assert after.pending == ()
    assert [(part.from_ms, part.to_ms, part.reason.value) for part in after.refused] == [
        (615_000, 900_000, "speed_clip")
    ]
    assert (after.unit_seconds, after.today_left_seconds, after.settled_seq) == (2_700, 21_600 - 195, 12)
    assert [(line.mode, line.credited_seconds, line.required_seconds) for line in after.modes] == [
        ("video", 195, 5_400),
        ("practice", 0, 10_800),
    ]


def test_a_lesson_goes_on_where_it_was_left(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 60, media_from=300))
    settle_all(later(70))
    credit_all(later(70))
    assert open_lesson(learner, later(100)).resume_position == 360
    assert open_lesson(learner, later(101), SECOND_LESSON).resume_position == 0


def test_at_the_end_a_lesson_goes_on_at_its_first_gap(world: World) -> None:
    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 30))
    send(opened.session, learner.learner_id, watch(MORNING, 60, media_from=2_640, after=40, seq=2))
    settle_all(later(120))
    assert open_lesson(learner, later(130)).resume_position == 30


def test_a_full_lesson_and_a_full_day_are_told(world: World) -> None:
    learner = world.learner
    for round_, unit in enumerate((LESSON, SECOND_LESSON)):
        start = later(3_000 * round_)
        opened = open_lesson(learner, start, unit)
        send(opened.session, learner.learner_id, watch(start, 2_700))
        settle_all(start + timedelta(seconds=2_710))
        credit_all(start + timedelta(seconds=2_710))
    now = later(6_000)
    assert credited(learner, now) == credited(learner, now, SECOND_LESSON) == 2_700
    again = open_lesson(learner, now)
    assert [notice.code for notice in again.notices] == ["complete"]
    assert again.today_left_seconds == 21_600 - 5_400


def test_the_daily_cap_is_told_and_ends_the_counting(world: World) -> None:
    from lms.ledger.models import DayHead

    learner = world.learner
    opened = open_lesson(learner)
    send(opened.session, learner.learner_id, watch(MORNING, 15))
    settle_all(later(20))
    credit_all(later(20))
    DayHead.objects.update(online_ms=21_600_000 - 30_000)  # as after a long day
    second = open_lesson(learner, later(30))
    assert second.today_left_seconds == 30
    send(second.session, learner.learner_id, watch(later(30), 60, media_from=100))
    settle_all(later(120))
    credit_all(later(120))
    assert credited(learner, later(120)) == 45
    assert refused(learner, later(120)) == {"daily_cap": 30}
    stored = kept_news(second.session)
    assert stored.prompt == "daily_cap"
    third = open_lesson(learner, later(130))
    assert [notice.code for notice in third.notices] == ["daily_cap"]
    tomorrow = open_lesson(learner, MORNING + timedelta(days=1))
    assert (tomorrow.today_left_seconds, tomorrow.notices) == (21_600, ())
