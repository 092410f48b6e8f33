"""Proposals and enrolled learners for tests of the ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from courses.data import UnitCategory, UnitMode
from lms.evidence.data import CreditProposal, GateUnit, RefusedStretch, ResultProposal, Stretch
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.canonical import sha256_hex
from lms.lib.localday import from_ms

LIMITS = limits_for(pack="REF-HOURS-2026.1", category="group_class")


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
    occurred_at: datetime | None = None,
) -> CreditProposal:
    """A proposal as a source would make it."""
    identity = evidence_id or uuid4()
    last = max((stretch.wall_to_ms for stretch in stretches), default=1_790_000_000_000)
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
    )
