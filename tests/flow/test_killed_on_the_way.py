"""Worker, PostgreSQL and Valkey killed -9 in the middle of the way: ledger, record, decision and claim are the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import Error, connections
from django.utils import timezone
from redis.exceptions import RedisError

from courses.data import ExamKind, UnitCategory, UnitDraft, UnitMode
from lms.claims.models import ClaimLine
from lms.completion import api as completion
from lms.db.models import OutboxEntry
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import record_evidence
from lms.evidence.data import Stretch
from lms.evidence.models import SealedEvidence
from lms.ledger.api import entries_for, statement_for, verify_chains
from lms.lib.localday import local_day, to_ms
from lms.player import shards, stream
from lms.player.models import QuarantinedBeat, SettleLease, WatchSegment
from lms.subsidy import api as subsidy
from tests.children import child
from tests.factories.classes import Cast, at, make_cast, make_curriculum, make_filed_class
from tests.flow.test_evidence_to_claim import vouch
from tests.lmsplugin import ENGINES
from tests.packages.player.world import LESSON, SECOND_LESSON, make_video_unit, open_lesson, send, watch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
LIVE, PRACTICE, THEORY_EXAM, PRACTICE_EXAM = (f"{digit * 8}-2222-4222-8222-222222222222" for digit in "1234")
NAMES = ("李秀兰", "张建国")
LESSON_SECONDS = 2_700


@dataclass(frozen=True)
class Stage:
    """Two classes with the same course on the same days; one will be left alone, the other not."""

    cast: Cast
    calm: tuple[EnrolmentFacts, ...]
    shaken: tuple[EnrolmentFacts, ...]
    first_day: date

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return at(self.first_day + timedelta(days=days), hour, minute)


@pytest.fixture
def stage(streams: redis.Redis) -> Iterator[Stage]:
    first_day = local_day(timezone.now()) - timedelta(days=20)
    filed_at = at(first_day - timedelta(days=7))
    cast = make_cast(now=filed_at)
    units = (
        *(
            make_video_unit(cast, key, title, filed_at)
            for key, title in ((LESSON, "触电急救"), (SECOND_LESSON, "电机"))
        ),
        UnitDraft(mode=UnitMode.LIVE, title="答疑", category=UnitCategory.THEORY, minutes=90, unit_key=LIVE),
        UnitDraft(mode=UnitMode.PRACTICE, title="安装", category=UnitCategory.PRACTICE, minutes=180, unit_key=PRACTICE),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="理论", exam_kind=ExamKind.THEORY, pass_mark=60, unit_key=THEORY_EXAM
        ),
        UnitDraft(
            mode=UnitMode.ASSESSMENT, title="实操", exam_kind=ExamKind.PRACTICE, pass_mark=60, unit_key=PRACTICE_EXAM
        ),
    )
    curriculum = make_curriculum(cast, units=units, now=filed_at)
    calm, shaken = (
        make_filed_class(
            cast,
            names=NAMES,
            curriculum=curriculum,
            now=filed_at,
            starts_on=first_day,
            ends_on=first_day + timedelta(days=40),
            agreement_on=first_day - timedelta(days=8),
        )[1]
        for _ in range(2)
    )
    vouch(*calm, *shaken, cast=cast)
    yield Stage(cast, calm, shaken, first_day)
    stream.client.cache_clear()


# --- what is fed ---------------------------------------------------------------------------
def play(stage: Stage, people: Sequence[EnrolmentFacts], unit_key: str, *, hour: int) -> None:
    """Everybody watches the whole lesson."""
    opened_at = stage.at(1, hour)
    for person in people:
        opened = open_lesson(person, opened_at, unit_key)
        send(opened.session, person.learner_id, watch(opened_at, LESSON_SECONDS))


def attend(stage: Stage, people: Sequence[EnrolmentFacts]) -> None:
    """Live class and practice, whole."""
    for person in people:
        begin, end = to_ms(stage.at(2, 9)), to_ms(stage.at(2, 10, 30))
        seal(
            person, "live", LIVE, stage.at(2, 11), (Stretch(wall_from_ms=begin, wall_to_ms=end),),
            {"session": "s1", "schedule": [begin, end]},
        )  # fmt: skip
        begin, end = to_ms(stage.at(3, 9)), to_ms(stage.at(3, 12))
        payload = {"session": "p1", "schedule": [begin, end], "in_ms": begin, "out_ms": end}
        signed = {"signed_by": stage.cast.trainer_id, "signed_at_ms": end}
        seal(person, "practice", PRACTICE, stage.at(3, 13), (), {**payload, **signed})


def sit_exams(stage: Stage, people: Sequence[EnrolmentFacts]) -> None:
    for person in people:
        for unit, kind in ((THEORY_EXAM, "theory"), (PRACTICE_EXAM, "practice")):
            marks = {"exam": "e1", "exam_kind": kind, "score": 80, "pass_mark": 60, "version": 1}
            seal(person, "assessment", unit, stage.at(4, 9), (), {**marks, "assessor": stage.cast.assessor_id})


def seal(
    person: EnrolmentFacts,
    source: str,
    unit: str,
    when: datetime,
    stretches: tuple[Stretch, ...],
    payload: dict[str, Any],
) -> None:
    record_evidence(
        source=source,
        learner_id=person.learner_id,
        enrolment_id=person.enrolment_id,
        unit_key=unit,
        stretches=stretches,
        payload=payload,
        captured_by="test",
        captured_at=when,
        external_key=f"{source}-{person.enrolment_id}-{unit}",
        now=timezone.now(),
    )


# --- what came of it ----------------------------------------------------------------------------
def outcome(person: EnrolmentFacts) -> dict[str, Any]:
    """Everything that must not depend on who was killed when."""
    statement = statement_for(enrolment_id=person.enrolment_id, now=timezone.now())
    entries = entries_for(learner_id=person.learner_id)
    earned: dict[tuple[str, str], tuple[int, int]] = {}
    for entry in entries:
        seconds, length = earned.get((entry.unit_key, entry.kind), (0, 0))
        earned[entry.unit_key, entry.kind] = (seconds + entry.seconds, length + entry.milliseconds)
    record = completion.record_for(enrolment_id=person.enrolment_id)
    decision = subsidy.decision_for(enrolment_id=person.enrolment_id, programme="SME-GROUP")
    assert record is not None
    assert decision is not None
    return {
        "ledger": earned,
        "units": [(unit.unit_key, unit.credited_ms, unit.coverage, unit.refused) for unit in statement.units],
        "results": [(line.unit_key, line.score, line.passed) for line in statement.results],
        "record": (record.seconds, record.required, record.results, record.revoked_at),
        "decision": (decision.outcome, decision.amount_fen, decision.assessment.failed_clauses),
        "claim": list(ClaimLine.objects.filter(person_id=person.learner_id).values_list("state", "amount_fen")),
    }


def assert_beats_are_whole(people: Sequence[EnrolmentFacts]) -> None:
    """Every beat is sealed exactly once and none was set aside."""
    learners = [person.learner_id for person in people]
    segments = WatchSegment.objects.filter(session__learner_id__in=learners)
    beats = [(segment.session_id, beat[0], beat[1]) for segment in segments for beat in segment.beats]
    assert len(beats) == len(set(beats)) == 2 * len(people) * LESSON_SECONDS // 15
    assert not QuarantinedBeat.objects.exists()


# --- the worker ------------------------------------------------------------------------------------
def until(question: Callable[[], bool], seconds: float = 60) -> None:
    """It has come true; an engine that is just coming back only delays the answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if question():
                return
        except (Error, RedisError):
            connections.close_all()
            stream.client.cache_clear()
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def all_is_done() -> bool:
    waiting = sum(stream.client().xlen(shards.stream_key(shard)) for shard in range(settings.PLAYER_SHARDS))
    return waiting == 0 and not OutboxEntry.objects.filter(done_at=None).exists()


def sealed(people: Sequence[EnrolmentFacts]) -> int:
    return SealedEvidence.objects.filter(enrolment_id__in=[person.enrolment_id for person in people]).count()


def sealed_more_than(people: Sequence[EnrolmentFacts], count: int) -> Callable[[], bool]:
    return lambda: sealed(people) > count


def test_killed_in_the_middle_the_result_is_the_same_and_nothing_is_doubled(stage: Stage) -> None:
    people = stage.shaken
    play(stage, people, LESSON, hour=9)
    with child("tests.flow.worker"):
        until(sealed_more_than(people, 3))
    # killed -9 in the middle of the lesson; its lease runs out
    middle = sealed(people)
    assert not all_is_done()
    SettleLease.objects.update(lease_until=stage.at(0, 9))
    play(stage, people, SECOND_LESSON, hour=10)
    with child("tests.flow.worker") as survivor:
        until(sealed_more_than(people, middle + 3))
        ENGINES.crash("postgres")
        until(sealed_more_than(people, middle + 6))
        ENGINES.crash("streams")
        stream.client.cache_clear()
        attend(stage, people)
        until(all_is_done)
        ENGINES.crash("postgres")
        connections.close_all()
        sit_exams(stage, people)
        until(all_is_done)
        assert survivor.process.poll() is None
        play(stage, stage.calm, LESSON, hour=9)
        play(stage, stage.calm, SECOND_LESSON, hour=10)
        attend(stage, stage.calm)
        sit_exams(stage, stage.calm)
        until(all_is_done)
    assert_beats_are_whole((*stage.calm, *stage.shaken))
    expected = outcome(stage.calm[0])
    assert expected["claim"] == [("draft", 19_500)]
    assert expected["ledger"][LESSON, "credit"] == (LESSON_SECONDS, LESSON_SECONDS * 1000)
    assert [outcome(person) for person in (*stage.calm, *stage.shaken)] == [expected] * 4
    assert verify_chains().intact
