"""What learners do in tests, sealed as evidence by the doors that producers use."""

from __future__ import annotations

from datetime import datetime, timedelta

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import record_evidence
from lms.evidence.data import Stretch
from lms.lib.localday import to_ms
from tests.factories.classes import FIRST_DAY, LIVE_UNIT, PRACTICE_EXAM, PRACTICE_UNIT, THEORY_EXAM, Cast, at

LIVE_FROM = at(FIRST_DAY, 9)
PRACTICE_FROM = at(FIRST_DAY + timedelta(days=1), 9)
LATER = at(FIRST_DAY + timedelta(days=3), 12)


def attend_live(
    enrolment: EnrolmentFacts, *, minutes: int = 180, scheduled: int = 180, start: datetime = LIVE_FROM
) -> None:
    """Present for the first `minutes` of a live class."""
    begin = to_ms(start)
    record_evidence(
        source="live",
        learner_id=enrolment.learner_id,
        enrolment_id=enrolment.enrolment_id,
        unit_key=LIVE_UNIT,
        stretches=(Stretch(wall_from_ms=begin, wall_to_ms=begin + minutes * 60_000),),
        payload={"session": "s1", "schedule": [begin, begin + scheduled * 60_000]},
        captured_by="test",
        captured_at=start + timedelta(minutes=scheduled),
        external_key=f"live-{enrolment.enrolment_id}-{begin}",
        now=LATER,
    )


def practise(
    enrolment: EnrolmentFacts, cast: Cast, *, minutes: int = 180, scheduled: int = 180, start: datetime = PRACTICE_FROM
) -> None:
    """Signed in at the start, out after `minutes`, signed off by the trainer."""
    begin = to_ms(start)
    record_evidence(
        source="practice",
        learner_id=enrolment.learner_id,
        enrolment_id=enrolment.enrolment_id,
        unit_key=PRACTICE_UNIT,
        stretches=(),
        payload={
            "session": "p1",
            "schedule": [begin, begin + scheduled * 60_000],
            "in_ms": begin,
            "out_ms": begin + minutes * 60_000,
            "signed_by": cast.trainer_id,
            "signed_at_ms": begin + minutes * 60_000,
        },
        captured_by="test",
        captured_at=start + timedelta(minutes=scheduled),
        external_key=f"practice-{enrolment.enrolment_id}-{begin}",
        now=LATER,
    )


def sit_exam(enrolment: EnrolmentFacts, cast: Cast, *, unit: str, score: int, version: int = 1) -> None:
    """One mark by the class's assessor."""
    kind = "theory" if unit == THEORY_EXAM else "practice"
    record_evidence(
        source="assessment",
        learner_id=enrolment.learner_id,
        enrolment_id=enrolment.enrolment_id,
        unit_key=unit,
        stretches=(),
        payload={
            "exam": "e1", "exam_kind": kind, "score": score, "pass_mark": 60, "assessor": cast.assessor_id,
            "version": version,
        },
        captured_by="test",
        captured_at=LATER - timedelta(hours=1),
        external_key=f"exam-{enrolment.enrolment_id}-{unit}-{version}",
        now=LATER,
    )  # fmt: skip


def complete(enrolment: EnrolmentFacts, cast: Cast) -> None:
    """Everything that the plan of `plan_units` asks for."""
    attend_live(enrolment)
    practise(enrolment, cast)
    sit_exam(enrolment, cast, unit=THEORY_EXAM, score=88)
    sit_exam(enrolment, cast, unit=PRACTICE_EXAM, score=79)
