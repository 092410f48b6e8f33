"""An exam's mark, entered by an assessor. Test time never counts as hours (domain 1.2), the result does."""

from __future__ import annotations

from typing import Annotated

import msgspec

from courses.data import ExamKind, UnitMode, UnitSpec
from lms.evidence.data import AssessContext, CreditProposal, Evidence, ResultProposal, Stretch, UnableToRecord
from lms.evidence.rules import belongs, propose
from lms.evidence.source import Name, Payload, PersonId, Source, read_payload

REVISION = 1
Mark = Annotated[int, msgspec.Meta(ge=0, le=100)]


class AssessmentPayload(Payload, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mark. A higher `version` replaces an older mark; the older one stays in the ledger."""

    exam: Name
    exam_kind: ExamKind
    score: Mark
    pass_mark: Mark
    assessor: PersonId
    version: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


def assess(evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """The result against the frozen pass mark of the unit; nothing for a person who is not on the roster."""
    payload: AssessmentPayload = read_payload(AssessmentPayload, evidence.payload)
    if not context.enrolment.on_roster or not belongs(evidence, context.enrolment):
        return propose(evidence, unit, context, revision=REVISION)
    pass_mark = payload.pass_mark if unit.pass_mark is None else unit.pass_mark
    result = ResultProposal(
        exam_kind=unit.exam_kind or payload.exam_kind,
        score=payload.score,
        pass_mark=pass_mark,
        passed=payload.score >= pass_mark,
        assessor_id=payload.assessor,
        version=payload.version,
    )
    return propose(evidence, unit, context, revision=REVISION, result=result)


def witness(_payload: AssessmentPayload, stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """A test carries no time."""
    if stretches:
        raise UnableToRecord("stretches_not_allowed", "Leave stretches empty: test time never counts as hours.")
    return ()


SOURCE = Source(
    code="assessment",
    mode=UnitMode.ASSESSMENT,
    revision=REVISION,
    payload=AssessmentPayload,
    assess=assess,
    witness=witness,
)
