"""Which policy pays for an enrolment, whom and how much: decide and keep, preview, look up, repeat."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from lms.accounts import api as accounts
from lms.db.api import announce
from lms.lib.canonical import sha256_hex
from lms.subsidy.data import (
    Assessment,
    DecisionNotFound,
    EarlierLine,
    EvidenceRef,
    Replay,
    SubsidyDecision,
    UnknownProgramme,
)
from lms.subsidy.document import decision_document
from lms.subsidy.engine.assess import assess
from lms.subsidy.engine.freeze import assessment_bytes, thaw_facts
from lms.subsidy.facts import gather
from lms.subsidy.locks import lock_decisions_of
from lms.subsidy.models import Decision
from lms.subsidy.packs import current_pack_set, import_pack, stored_pack_set
from lms.subsidy.remedies import what_to_do
from lms.subsidy.rules import Sources, facts_for, programmes_for
from lms.subsidy.storing import (
    assess_selected,
    decision_of,
    payee_organisation,
    store_decision,
    stored_decision,
)

__all__ = [
    "DecisionNotFound",
    "decide",
    "decision_document",
    "decision_for",
    "decisions_about",
    "decisions_for",
    "evidence_of",
    "get_decision",
    "get_decisions",
    "import_pack",
    "preview",
    "programme_title",
    "replay_decision",
    "what_to_do",
]


def decide(*, enrolment_id: int, other_lines: Iterable[EarlierLine] = (), now: datetime) -> tuple[SubsidyDecision, ...]:
    """Every programme whose deciding date is known has answered at `now`, and all answers are kept.

    A worker's own subsidy is decided once there is a certificate; until then `preview` shows what it would say.

    `other_lines` are the person's paid and pending claim lines (claims knows them); the line of this very claim may
    be among them. A new answer is announced as `subsidy.decided`; deciding again on unchanged facts is the same
    decision and announces nothing. Raises what `enrolment.get_enrolment` raises.
    """
    lines = tuple(other_lines)
    with transaction.atomic():
        lock_decisions_of(enrolment_id)
        sources = gather(enrolment_id=enrolment_id, now=now)
        pack_set = current_pack_set()
        rows = []
        for programme in _programmes(sources, pack_set.programmes):
            facts = facts_for(programme, sources, lines)
            if facts.values.get(pack_set.pack_for(programme).schemes[programme].decided_by) is None:
                continue
            assessment = assess_selected(pack_set, programme, facts)
            row, new = store_decision(pack_set=pack_set, sources=sources, facts=facts, assessment=assessment, now=now)
            if new:
                announce(topic="subsidy.decided", key=str(row.pk), occurred_at=now)
            rows.append(row)
    return tuple(stored_decision(row) for row in rows)


def preview(
    *, enrolment_id: int, other_lines: Iterable[EarlierLine] = (), now: datetime
) -> tuple[SubsidyDecision, ...]:
    """What `decide` would answer at `now`; nothing is kept, and `decision_id` is 0."""
    lines = tuple(other_lines)
    sources = gather(enrolment_id=enrolment_id, now=now)
    pack_set = current_pack_set()
    return tuple(
        _unstored(sources, assess_selected(pack_set, programme, facts_for(programme, sources, lines)), now)
        for programme in _programmes(sources, pack_set.programmes)
    )


def get_decision(*, decision_id: int) -> SubsidyDecision:
    """The stored decision. Raises DecisionNotFound."""
    return stored_decision(_find(decision_id))


def get_decisions(*, decision_ids: Iterable[int]) -> dict[int, SubsidyDecision]:
    """Stored decisions by id in one query; unknown ids are left out."""
    return {row.pk: stored_decision(row) for row in Decision.objects.filter(pk__in=list(decision_ids))}


def decision_for(*, enrolment_id: int, programme: str) -> SubsidyDecision | None:
    """The decision that holds now for an enrolment and programme, None where none was made."""
    rows = Decision.objects.filter(enrolment_id=enrolment_id, programme_code=programme)
    row = rows.order_by("-number").first()
    return stored_decision(row) if row else None


def decisions_for(*, enrolment_id: int) -> tuple[SubsidyDecision, ...]:
    """Every decision ever made for the enrolment, newest first."""
    return tuple(stored_decision(row) for row in Decision.objects.filter(enrolment_id=enrolment_id).order_by("-id"))


def decisions_about(*, person_id: int) -> list[SubsidyDecision]:
    """The decisions that hold now about a person, one per enrolment and programme, newest first."""
    rows = Decision.objects.filter(learner_id=person_id).order_by("enrolment_id", "programme_code", "-number")
    newest = rows.distinct("enrolment_id", "programme_code")
    return sorted(map(stored_decision, newest), key=lambda found: found.decision_id, reverse=True)


def evidence_of(*, decision_id: int) -> tuple[EvidenceRef, ...]:
    """What the facts of a stored decision rest on, each thing once. Raises DecisionNotFound."""
    listed = (ref for refs in _find(decision_id).facts.get("evidence", {}).values() for ref in refs)
    found = {EvidenceRef(kind=ref["kind"], ref=ref["ref"], digest=ref["digest"]) for ref in listed}
    return tuple(sorted(found, key=lambda ref: (ref.kind, ref.ref)))


def replay_decision(*, decision_id: int) -> Replay:
    """The decision worked out again from its stored facts, pack and calendar, beside what was stored.

    Raises DecisionNotFound, and PackError where the stored pack or calendar no longer fits its digest.
    """
    row = _find(decision_id)
    if not row.facts:
        stored = stored_decision(row)
        return Replay(decision=stored, repeated=stored.assessment, identical=False, erased=True)
    pack_set = stored_pack_set(pack_digest=row.pack.digest, table_digest=row.work_table.digest)
    salt = accounts.get_person(person_id=row.learner_id).salt
    facts = thaw_facts(pack_set.packs[0], row.facts, salt=salt)
    again = assess(pack_set, row.programme_code, facts)
    stored = stored_decision(row)
    return Replay(
        decision=stored,
        repeated=again,
        identical=assessment_bytes(again) == assessment_bytes(stored.assessment)
        and sha256_hex(assessment_bytes(again)) == row.assessment_digest,
    )


def programme_title(*, programme_code: str, language: str) -> str:
    """What the programme is called; the code itself where no pack knows it."""
    try:
        pack = current_pack_set().pack_for(programme_code)
    except UnknownProgramme:
        return programme_code
    return pack.schemes[programme_code].title.in_language(language)


def _find(decision_id: int) -> Decision:
    row = Decision.objects.select_related("pack", "work_table").filter(pk=decision_id).first()
    if row is None:
        raise DecisionNotFound(decision_id)
    return row


def _programmes(sources: Sources, known: tuple[str, ...]) -> list[str]:
    return [code for code in programmes_for(sources.run, sources.curriculum) if code in known]


def _unstored(sources: Sources, assessment: Assessment, now: datetime) -> SubsidyDecision:
    return decision_of(
        assessment,
        decision_id=0,
        enrolment_id=sources.enrolment.enrolment_id,
        learner_id=sources.enrolment.learner_id,
        class_run_id=sources.enrolment.class_run_id,
        payee_id=payee_organisation(sources, assessment),
        decided_at=now,
    )
