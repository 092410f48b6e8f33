"""Stored decisions: writing one, reading one back, and what a replay compares."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lms.lib.canonical import sha256_hex
from lms.subsidy.data import Assessment, Outcome, PayeeKind, SubsidyDecision, SubsidyFacts, Text
from lms.subsidy.engine.assess import assess
from lms.subsidy.engine.freeze import assessment_bytes, assessment_from_json, select_facts, to_json
from lms.subsidy.engine.pack import PackSet
from lms.subsidy.models import Decision
from lms.subsidy.packs import pack_row, work_table_row
from lms.subsidy.rules import Sources


def assess_selected(pack_set: PackSet, programme: str, facts: SubsidyFacts) -> Assessment:
    """The assessment on exactly those facts that the programme reads."""
    scheme = pack_set.pack_for(programme).schemes[programme]
    read = {name: facts.values.get(name) for name in scheme.facts}
    evidence = {name: facts.evidence[name] for name in scheme.facts if name in facts.evidence}
    return assess(pack_set, programme, replace(facts, values=read, evidence=evidence))


def store_decision(
    *, pack_set: PackSet, sources: Sources, facts: SubsidyFacts, assessment: Assessment, now: datetime
) -> tuple[Decision, bool]:
    """The decision that holds for the enrolment and programme, and whether it is new.

    Deciding again on the same facts, pack and calendar is the same decision. Call under `lock_decisions_of`.
    """
    enrolment = sources.enrolment
    earlier = (
        Decision.objects.filter(enrolment_id=enrolment.enrolment_id, programme_code=assessment.programme)
        .order_by("-number")
        .first()
    )
    digest = sha256_hex(assessment_bytes(assessment))
    if earlier and earlier.assessment_digest == digest:
        return earlier, False
    pack = pack_set.pack_for(assessment.programme)
    row = Decision.objects.create(
        enrolment_id=enrolment.enrolment_id,
        learner_id=enrolment.learner_id,
        class_run_id=enrolment.class_run_id,
        programme_code=assessment.programme,
        number=earlier.number + 1 if earlier else 1,
        pack=pack_row(digest=assessment.pack_digest, now=now),
        work_table=work_table_row(now=now),
        facts=select_facts(pack, pack.schemes[assessment.programme], facts),
        facts_digest=assessment.facts_digest,
        assessment=to_json(assessment),
        assessment_digest=digest,
        outcome=assessment.outcome.value,
        payee_kind=assessment.payee_kind.value,
        payee_id=payee_organisation(sources, assessment),
        amount_fen=assessment.amount_fen,
        deadline_on=assessment.deadline_on,
        decided_at=now,
    )
    return row, True


def payee_organisation(sources: Sources, assessment: Assessment) -> int | None:
    """The organisation that the money goes to; None where it goes to a person, or to nobody."""
    if assessment.payee_kind not in (PayeeKind.ENTERPRISE, PayeeKind.PROVIDER) or sources.payee is None:
        return None
    return sources.payee.organisation_id


def stored_decision(row: Decision) -> SubsidyDecision:
    """A stored row as the rest of the house sees it; of an erased person outcome, amount and digests are left."""
    return decision_of(
        assessment_from_json(row.assessment) if row.assessment else _erased(row),
        decision_id=row.pk,
        enrolment_id=row.enrolment_id,
        learner_id=row.learner_id,
        class_run_id=row.class_run_id,
        payee_id=row.payee_id,
        decided_at=row.decided_at,
    )


def _erased(row: Decision) -> Assessment:
    nothing = Text(zh="", en="")
    return Assessment(
        programme=row.programme_code,
        title=Text(zh=row.programme_code, en=row.programme_code),
        outcome=Outcome(row.outcome),
        payee_kind=PayeeKind(row.payee_kind),
        payee_ref=None,
        amount_fen=row.amount_fen,
        potential_fen=None,
        clauses=(),
        amount_steps=(),
        decided_by="",
        decided_on=None,
        deadline_on=row.deadline_on,
        fund="",
        note=nothing,
        pack_id=row.pack.pack_id,
        version="",
        pack_digest=row.pack.digest,
        facts_digest=row.facts_digest,
        calendar_digest=row.work_table.digest,
    )


def decision_of(
    assessment: Assessment,
    *,
    decision_id: int,
    enrolment_id: int,
    learner_id: int,
    class_run_id: int,
    payee_id: int | None,
    decided_at: datetime,
) -> SubsidyDecision:
    """An assessment with whom it is about; `decision_id` 0 means that it is not stored."""
    return SubsidyDecision(
        decision_id=decision_id,
        enrolment_id=enrolment_id,
        learner_id=learner_id,
        class_run_id=class_run_id,
        programme_code=assessment.programme,
        pack_id=assessment.pack_id,
        pack_version=assessment.version,
        pack_digest=assessment.pack_digest,
        facts_digest=assessment.facts_digest,
        outcome=assessment.outcome,
        payee_kind=assessment.payee_kind,
        payee_id=payee_id,
        payee_ref=assessment.payee_ref,
        amount_fen=assessment.amount_fen,
        clauses=assessment.clauses,
        amount_steps=assessment.amount_steps,
        deadline_on=assessment.deadline_on,
        decided_at=decided_at,
        assessment=assessment,
    )
