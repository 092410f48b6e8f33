"""What stands in a class archive, file by file (docs/archive.md). Each package tells its own part through its door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from courses.api import curriculum_value, get_curriculum
from lms.accounts.api import get_organisations
from lms.assessment.api import mark_lines
from lms.completion.api import record_lines
from lms.enrolment.api import filing_lines, roster_lines
from lms.enrolment.data import ClassRunFacts
from lms.evidence.api import evidence_lines, tenure_lines
from lms.hours.api import limits_for, pack_content
from lms.ledger.api import anchor_proof, chain_lines
from lms.lib.canonical import JSONValue
from lms.lib.localday import to_us
from lms.player.api import check_lines, trace_lines
from lms.practice.api import attendance_lines

Line = dict[str, JSONValue]
LINES_AT_ONCE = 200


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one moment. Opened outside of any transaction."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def class_document(run: ClassRunFacts) -> Line:
    """class.json"""
    ids = {run.provider_id, *run.employer_ids, run.base_id, run.payee_id} - {None}
    organisations: list[JSONValue] = [
        {"id": one.organisation_id, "kind": one.kind.value, "name": one.name, "uscc": one.uscc}
        for _, one in sorted(get_organisations(organisation_ids={one for one in ids if one is not None}).items())
    ]
    return {
        "id": run.class_run_id,
        "number": run.number,
        "title": run.title,
        "programme": run.programme_code,
        "project": run.project_name,
        "state": run.state.value,
        "provider": run.provider_id,
        "employers": list(run.employer_ids),
        "base": run.base_id,
        "payee": {"kind": run.payee_kind.value, "organisation": run.payee_id},
        "organisations": organisations,
        "trainers": list(run.trainer_ids),
        "assessors": list(run.assessor_ids),
        "district": run.district,
        "place": run.place,
        "capacity": run.capacity,
        "cost_fen": run.cost_fen,
        "filed_on": run.filed_on.isoformat() if run.filed_on else None,
        "starts_on": run.starts_on.isoformat(),
        "ends_on": run.ends_on.isoformat(),
        "hour_pack": run.hour_pack,
        "category": run.category,
        "order_gate": run.order_gate,
    }


def plan_document(run: ClassRunFacts) -> Line:
    """plan.json"""
    curriculum = get_curriculum(curriculum_id=run.curriculum_id)
    return {
        "curriculum": curriculum.curriculum_id,
        "number": curriculum.number,
        "frozen_at_us": to_us(curriculum.frozen_at),
        "content": curriculum_value(curriculum),
        "digest": curriculum.digest,
    }


def hours_document(run: ClassRunFacts) -> Line:
    """hours.json"""
    digest = limits_for(pack=run.hour_pack, category=run.category).digest
    return {"content": pack_content(pack=run.hour_pack), "digest": digest}


def filings(run: ClassRunFacts) -> list[Line]:
    """filing.jsonl"""
    return filing_lines(class_run_id=run.class_run_id)


def roster(run: ClassRunFacts, *, last: int) -> Iterator[Line]:
    """roster.jsonl, up to the enrolment `last`."""
    after = 0
    while lines := roster_lines(class_run_id=run.class_run_id, after=after, upto=last, most=LINES_AT_ONCE):
        yield from lines
        after = int(str(lines[-1]["enrolment"]))


def learner_files(run: ClassRunFacts, *, enrolment_id: int, learner_id: int) -> dict[str, list[Line]]:
    """The files of learners/<enrolment>/, all of one moment."""
    with snapshot():
        traces = trace_lines(enrolment_id=enrolment_id)
        evidence = evidence_lines(enrolment_id=enrolment_id)
        return {
            "traces.jsonl": traces,
            "checks.jsonl": check_lines(enrolment_id=enrolment_id),
            "tenures.jsonl": tenure_lines(learner_id=learner_id, holders=_holders(traces, evidence)),
            "evidence.jsonl": evidence,
            "chain.jsonl": chain_lines(learner_id=learner_id, class_run_id=run.class_run_id),
            "proof.json": [{"proof": anchor_proof(learner_id=learner_id)}],
            "attendance.jsonl": attendance_lines(enrolment_id=enrolment_id),
            "marks.jsonl": mark_lines(enrolment_id=enrolment_id),
            "records.jsonl": record_lines(enrolment_id=enrolment_id),
        }


def _holders(traces: list[Line], evidence: list[Line]) -> set[str]:
    """Who may have held the learner's clock for this class."""
    found = {str(line["session"]) for line in traces}
    for line in evidence:
        content = line["content"]
        payload = content["payload"] if isinstance(content, dict) else {}
        if isinstance(payload, dict):
            found |= {str(payload[name]) for name in ("session", "clock") if payload.get(name)}
    return found
