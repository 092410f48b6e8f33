"""What sealed evidence is worth alone: read, look up what the pure judgement needs, ask its source."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from courses.api import get_curriculum
from courses.data import CurriculumVersion, UnitSpec
from lms.enrolment.api import get_enrolments
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.clock import tenures_of
from lms.evidence.data import AssessContext, CreditProposal, Evidence, EvidenceNotFound, Tenure
from lms.evidence.registry import find_source
from lms.evidence.rules import gate_units
from lms.evidence.sealing import get_evidence_many
from lms.hours.api import limits_for


def assess_evidence(*, evidence_id: UUID) -> CreditProposal:
    """What this evidence is worth alone. Nothing is stored; the same evidence and tenures give the same proposal.

    Raises EvidenceNotFound.
    """
    return assess_many(evidence_ids=(evidence_id,))[0]


def assess_many(*, evidence_ids: Sequence[UUID]) -> tuple[CreditProposal, ...]:
    """The proposals in the order given, in few queries however many there are. Raises EvidenceNotFound."""
    found = get_evidence_many(evidence_ids=set(evidence_ids))
    missing = [evidence_id for evidence_id in evidence_ids if evidence_id not in found]
    if missing:
        raise EvidenceNotFound(str(missing[0]))
    enrolments = get_enrolments(enrolment_ids={evidence.enrolment_id for evidence in found.values()})
    curricula = _curricula(enrolments.values())
    tenures = tenures_of(learner_ids={evidence.learner_id for evidence in found.values()})
    proposals = {
        evidence.evidence_id: _assess(evidence, enrolments[evidence.enrolment_id], curricula, tenures)
        for evidence in found.values()
    }
    return tuple(proposals[evidence_id] for evidence_id in evidence_ids)


def assess_alone(*, evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """What the evidence is worth alone under the facts that the caller gives. Pure: nothing is read or stored."""
    return find_source(evidence.source).assess(evidence, unit, context)


def _assess(
    evidence: Evidence,
    enrolment: EnrolmentFacts,
    curricula: dict[int, CurriculumVersion],
    tenures: dict[int, tuple[Tenure, ...]],
) -> CreditProposal:
    curriculum = curricula[enrolment.curriculum_id]
    limits = limits_for(pack=enrolment.hour_pack, category=enrolment.category)
    context = AssessContext(
        enrolment=enrolment,
        limits=limits,
        tenures=tenures.get(evidence.learner_id, ()),
        gate=gate_units(curriculum, limits) if enrolment.order_gate else (),
    )
    return assess_alone(evidence=evidence, unit=curriculum.unit(evidence.unit_key), context=context)


def _curricula(enrolments: Collection[EnrolmentFacts]) -> dict[int, CurriculumVersion]:
    ids = {enrolment.curriculum_id for enrolment in enrolments}
    return {curriculum_id: get_curriculum(curriculum_id=curriculum_id) for curriculum_id in ids}
