"""Proposals and enrolled learners for tests of evidence and ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from courses.data import UnitCategory, UnitMode
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import record_evidence
from lms.evidence.data import CreditProposal, GateUnit, OnlineShare, RefusedStretch, ResultProposal, Stretch
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.canonical import sha256_hex
from lms.lib.localday import from_ms, to_ms
from tests.factories.classes import LIVE_UNIT, PRACTICE_UNIT, THEORY_EXAM, at, make_cast, make_filed_class

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")
DAY = date(2026, 3, 10)
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
NOON = to_ms(at(DAY, 12))
MIDNIGHT = to_ms(at(DAY + timedelta(days=1), 0))
NOW = at(DAY + timedelta(days=2), 9)
TABLES = (
    "evidence_sealedevidence",
    "ledger_entry",
    "ledger_entrykey",
    "ledger_head",
    "ledger_coverage",
    "ledger_dayhead",
    "ledger_occupied",
    "db_outboxentry",
)


def video(wall: int, length: int, media: int) -> Stretch:
    """Watching in real time."""
    return Stretch(wall_from_ms=wall, wall_to_ms=wall + length, media_from_ms=media, media_to_ms=media + length)


def present(wall: int, length: int) -> Stretch:
    """Being there, without media."""
    return Stretch(wall_from_ms=wall, wall_to_ms=wall + length)


def proposal(
    *,
    learner_id: int = 1,
    enrolment_id: int = 1,
    class_run_id: int = 1,
    unit_key: str = "lesson-1",
    mode: UnitMode = UnitMode.VIDEO,
    stretches: tuple[Stretch, ...] = (),
    refused: tuple[RefusedStretch, ...] = (),
    result: ResultProposal | None = None,
    evidence_id: UUID | None = None,
    limits: HourLimits = LIMITS,
    unit_limit_ms: int | None = None,
    gate: tuple[GateUnit, ...] = (),
    share: OnlineShare | None = None,
    occurred_at: datetime | None = None,
) -> CreditProposal:
    """A proposal as a source would make it."""
    identity = evidence_id or uuid4()
    last = max((stretch.wall_to_ms for stretch in stretches), default=NOON)
    return CreditProposal(
        evidence_id=identity,
        evidence_digest=sha256_hex(identity.bytes),
        learner_id=learner_id,
        enrolment_id=enrolment_id,
        class_run_id=class_run_id,
        unit_key=unit_key,
        mode=mode,
        category=UnitCategory.PRACTICE if mode is UnitMode.PRACTICE else UnitCategory.THEORY,
        stretches=stretches,
        refused=refused,
        result=result,
        source=mode.value,
        source_revision=1,
        captured_by="test",
        occurred_at=occurred_at or from_ms(last),
        limits=limits,
        unit_limit_ms=unit_limit_ms,
        gate=gate,
        share=share,
    )


def proposal_of(learner: EnrolmentFacts, *stretches: Stretch, **changes: Any) -> CreditProposal:
    """A proposal for one enrolment, video unless `changes` say otherwise."""
    return proposal(
        learner_id=learner.learner_id,
        enrolment_id=learner.enrolment_id,
        class_run_id=learner.class_run_id,
        stretches=stretches,
        **changes,
    )


def enrol_learners(*names: str) -> tuple[EnrolmentFacts, ...]:
    """People on the roster of a filed class with one live unit, one of practice and two exams (3 hours each)."""
    _, learners = make_filed_class(make_cast(), names=names or ("李秀兰",))
    return learners


def practise(learner: EnrolmentFacts, *, start: int = NOON, length: int = HOUR, key: str = "", **changes: Any) -> UUID:
    """Sealed evidence of practice, signed in, out and off."""
    payload = {
        "session": "p1",
        "schedule": [start - HOUR, start + length + HOUR],
        "in_ms": start,
        "out_ms": start + length,
        "signed_by": 7,
        "signed_at_ms": start + length,
        **changes,
    }
    return _record(learner, "practice", PRACTICE_UNIT, payload, (), key)


def attend(
    learner: EnrolmentFacts,
    *,
    start: int = NOON,
    length: int = 3 * HOUR,
    stay: int | None = None,
    key: str = "",
    **changes: Any,
) -> UUID:
    """Sealed evidence of a live class attended for `stay` of its `length`."""
    payload = {"session": "l1", "schedule": [start, start + length], **changes}
    return _record(learner, "live", LIVE_UNIT, payload, (present(start, length if stay is None else stay),), key)


def sit_exam(learner: EnrolmentFacts, *, score: int = 80, version: int = 1, key: str = "", **changes: Any) -> UUID:
    """Sealed evidence of the theory exam's mark."""
    payload = {
        "exam": "e1",
        "exam_kind": "theory",
        "score": score,
        "pass_mark": 60,
        "assessor": 9,
        "version": version,
        **changes,
    }
    return _record(learner, "assessment", THEORY_EXAM, payload, (), key)


def _record(
    learner: EnrolmentFacts,
    source: str,
    unit_key: str,
    payload: dict[str, Any],
    stretches: tuple[Stretch, ...],
    key: str,
) -> UUID:
    return record_evidence(
        source=source,
        learner_id=learner.learner_id,
        enrolment_id=learner.enrolment_id,
        unit_key=unit_key,
        stretches=stretches,
        payload=payload,
        captured_by="test",
        captured_at=NOW,
        external_key=key or str(uuid4()),
        now=NOW,
    )


def row_counts(tables: Sequence[str] = TABLES) -> dict[str, int]:
    """How many rows each table has: for "and nothing else changed"."""
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts
