"""What sealed evidence is worth alone: read, look up what the pure judgement needs, ask its source."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from courses.api import get_curricula
from courses.data import CurriculumVersion, UnitSpec
from lms.enrolment.api import get_enrolments
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.clock import tenures_of
from lms.evidence.data import AssessContext, CreditProposal, Evidence, EvidenceNotFound
from lms.evidence.registry import find_source
from lms.evidence.rules import gate_units, online_share
from lms.evidence.sealing import get_evidence_many
from lms.hours.api import limits_for, online_limit_seconds
from lms.hours.data import HourLimits


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
    contexts = _contexts(enrolments.values())
    tenures = tenures_of(learner_ids={evidence.learner_id for evidence in found.values()})
    proposals = {}
    for evidence in found.values():
        curriculum, context = contexts[evidence.enrolment_id]
        held = tenures.get(evidence.learner_id, ())
        proposals[evidence.evidence_id] = assess_alone(
            evidence=evidence,
            unit=curriculum.unit(evidence.unit_key),
            context=replace(context, tenures=held) if held else context,
        )
    return tuple(proposals[evidence_id] for evidence_id in evidence_ids)


def assess_alone(*, evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """What the evidence is worth alone under the facts that the caller gives. Pure: nothing is read or stored."""
    return find_source(evidence.source).assess(evidence, unit, context)


def _contexts(enrolments: Collection[EnrolmentFacts]) -> dict[int, tuple[CurriculumVersion, AssessContext]]:
    """Curriculum and context by enrolment, each curriculum and each set of limits looked up once."""
    curricula = get_curricula(curriculum_ids={enrolment.curriculum_id for enrolment in enrolments})
    limits = {
        (pack, category): limits_for(pack=pack, category=category)
        for pack, category in {(enrolment.hour_pack, enrolment.category) for enrolment in enrolments}
    }
    return {
        enrolment.enrolment_id: (
            curricula[enrolment.curriculum_id],
            _context(enrolment, curricula[enrolment.curriculum_id], limits[enrolment.hour_pack, enrolment.category]),
        )
        for enrolment in enrolments
    }


def _context(enrolment: EnrolmentFacts, curriculum: CurriculumVersion, limits: HourLimits) -> AssessContext:
    gate = gate_units(curriculum, limits) if enrolment.order_gate else ()
    share = online_share(curriculum, online_limit_seconds(curriculum, limits))
    return AssessContext(enrolment=enrolment, limits=limits, gate=gate, share=share)
