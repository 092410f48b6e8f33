"""Two hundred learners beat while web, worker, Valkey and PostgreSQL are killed at random: every second is credited,
once, as in an undisturbed run of the same beats. A minute here; `make bench` takes ten (CHAOS_SECONDS)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from lms.accounts.models import Person
from lms.db.models import OutboxEntry
from lms.enrolment.api import get_enrolments
from lms.enrolment.data import EnrolmentFacts
from lms.enrolment.models import Enrolment
from lms.evidence.models import SealedEvidence
from lms.flow.api import drain_outbox
from lms.ledger.api import entries_for, statements_of, verify_chains
from lms.ledger.data import EntryKind
from lms.lib.localday import local_day
from lms.player import shards, stream
from lms.player.data import PlaySessionFacts
from lms.player.models import QuarantinedBeat, WatchSegment
from tests.flow.chaos import BEAT_MS, House, Page, Pages, pull_plugs, until
from tests.packages.player.world import LESSON, World, make_world, open_lesson, send, settle_all, watch

SECONDS = int(os.environ.get("CHAOS_SECONDS", "40"))
PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "200"))
SEED = int(os.environ.get("CHAOS_SEED", "7"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300 + 4 * SECONDS)]


def gather(world: World, count: int) -> list[EnrolmentFacts]:
    """So many more people of the class."""
    joined_at = world.learner.window_from
    people = Person.objects.bulk_create([Person(username=f"chaos{n}", name="x") for n in range(count)])
    rows = Enrolment.objects.bulk_create(
        [
            Enrolment(
                class_run_id=world.run.class_run_id,
                person=person,
                employer_id=world.cast.employer_id,
                enrolled_by_id=world.cast.hr_id,
                enrolled_at=joined_at,
            )
            for person in people
        ]
    )
    found = get_enrolments(enrolment_ids=[row.pk for row in rows])
    return [found[row.pk] for row in rows]


def open_page(person: EnrolmentFacts) -> Page:
    now = timezone.now()
    return Page(enrolment=person, opened=open_lesson(person, now), zero=now.timestamp(), most=SECONDS * 1000 // BEAT_MS)


def beat_undisturbed(people: Sequence[EnrolmentFacts], opened_at: datetime) -> list[PlaySessionFacts]:
    """The same beats, each received as soon as it is closed; nobody is killed."""
    opened = [open_lesson(person, opened_at) for person in people]
    for person, session in zip(people, opened, strict=True):
        send(session.session, person.learner_id, watch(opened_at, SECONDS, step=BEAT_MS // 1000))
    settle_all(timezone.now(), batches=1_000)
    while drain_outbox(limit=1_000, now=timezone.now()):
        pass
    return opened


def all_is_done() -> bool:
    waiting = sum(stream.client().xlen(shards.stream_key(shard)) for shard in range(settings.PLAYER_SHARDS))
    return waiting == 0 and not OutboxEntry.objects.filter(done_at=None).exists()


def earned(people: Sequence[EnrolmentFacts]) -> list[object]:
    """What the ledger holds for each, as it must not depend on who was killed when."""
    learners = {person.enrolment_id: person.learner_id for person in people}
    statements = statements_of(learners=learners, now=timezone.now())
    entered = [
        [entry for entry in entries_for(learner_id=person.learner_id) if entry.kind is EntryKind.CREDIT]
        for person in people
    ]
    return [
        (
            [(unit.unit_key, unit.credited_ms, unit.coverage, unit.refused) for unit in statements[enrolment].units],
            sum(entry.seconds for entry in own),
            sum(entry.milliseconds for entry in own),
        )
        for enrolment, own in zip(learners, entered, strict=True)
    ]


def assert_beats_are_whole(sessions: Sequence[PlaySessionFacts]) -> None:
    """Every beat is sealed exactly once and none was set aside."""
    segments = list(WatchSegment.objects.filter(session_id__in=[opened.session for opened in sessions]))
    beats = [(segment.session_id, beat[0], beat[1]) for segment in segments for beat in segment.beats]
    assert len(beats) == len(set(beats)) == len(sessions) * SECONDS * 1000 // BEAT_MS
    assert not QuarantinedBeat.objects.exists()


def test_everything_is_killed_at_random_and_every_second_is_credited_once(streams: redis.Redis) -> None:
    world = make_world(starts_on=local_day(timezone.now()) - timedelta(days=2))
    people = gather(world, 2 * PEOPLE)
    shaken, calm = people[:PEOPLE], people[PEOPLE:]
    with House(seed=SEED + os.getpid()) as house:
        crowd = [open_page(person) for person in shaken]
        with Pages(crowd, house.port) as pages:
            until(lambda: pages.have_begun)
            pull_plugs(house, pages, seed=SEED)
            until(lambda: pages.are_home)
            until(all_is_done)
    sys.stdout.write(f"killed: {house.kills}\n")
    assert pages.refused == []
    assert min(house.kills.values()) >= 1
    twins = beat_undisturbed(calm, timezone.now() - timedelta(seconds=SECONDS + 3_600))
    assert_beats_are_whole([page.opened for page in crowd])
    assert_beats_are_whole(twins)
    assert SealedEvidence.objects.count() == WatchSegment.objects.count()
    whole = ([(LESSON, SECONDS * 1000, ((0, SECONDS * 1000),), ())], SECONDS, SECONDS * 1000)
    assert earned(calm) == [whole] * PEOPLE
    assert earned(shaken) == earned(calm)
    assert verify_chains().intact
