"""Judge, issue, revoke and verify completion records."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from courses import api as courses
from courses.data import CurriculumVersion
from lms.accounts import api as accounts
from lms.completion.data import CompletionRecord, Judgement, Verification
from lms.completion.exports import record_lines
from lms.completion.locks import lock_records_of, next_sequence
from lms.completion.models import Holder, Record, Revocation
from lms.completion.rules import commit_to_person, hours_suffice, judge_completion, record_number
from lms.db.api import Signature, announce, sign, verify
from lms.enrolment import api as enrolment
from lms.enrolment.data import EnrolmentFacts
from lms.hours import api as hours
from lms.ledger import api as ledger
from lms.ledger.data import LearningStatement
from lms.lib.canonical import canonical_bytes, sha256_hex
from lms.lib.localday import local_day

__all__ = [
    "UnableToFindRecord",
    "get_record",
    "issue_record",
    "issue_records",
    "judge",
    "record_by_code",
    "record_for",
    "record_lines",
    "records_of",
    "revoke_record",
    "verify_all",
    "verify_record",
]

REGION = "310000"
log = structlog.get_logger(__name__)


class UnableToFindRecord(LookupError):
    """No completion record has this number or code."""


def judge(*, enrolment_id: int, now: datetime) -> Judgement:
    """Every requirement of the learner's class beside what the ledger shows at `now`. Nothing is stored."""
    return _judge(enrolment_id, ledger.statement_for(enrolment_id=enrolment_id, now=now))


def issue_record(*, enrolment_id: int, now: datetime) -> CompletionRecord | None:
    """A record stands that says what the ledger says, or none stands; returns the standing one.

    Asking again with an unchanged ledger changes nothing. Changed hours or marks supersede the old record; hours
    taken back below a requirement revoke it (architecture 1.1: a reversal runs the last three steps again). While the
    learner's chain is broken nothing new is sealed: a broken chain proves nothing (domain 7.3, case 29).
    """
    return issue_records(enrolment_ids=(enrolment_id,), now=now)[enrolment_id]


def issue_records(*, enrolment_ids: Collection[int], now: datetime) -> dict[int, CompletionRecord | None]:
    """As `issue_record` for each, all or none, in few queries where nothing changes. Raises what it raises."""
    with transaction.atomic():
        lock_records_of(*enrolment_ids)
        found = enrolment.get_enrolments(enrolment_ids=enrolment_ids)
        for missing in set(enrolment_ids) - found.keys():
            enrolment.get_enrolment(enrolment_id=missing)
        curricula = courses.get_curricula(curriculum_ids={facts.curriculum_id for facts in found.values()})
        standing = {row.enrolment_id: row for row in _standing_rows(found)}
        asked = {key: facts for key, facts in found.items() if key in standing} | _near(found, curricula)
        statements = ledger.statements_of(learners={key: facts.learner_id for key, facts in asked.items()}, now=now)
        issued = {
            key: _issue(
                statement=statements[key],
                passed=_judge_facts(facts, curricula[facts.curriculum_id], statements[key]).passed,
                learner_id=facts.learner_id,
                standing=standing.get(key),
                now=now,
            )
            for key, facts in sorted(asked.items())
        }
        return dict.fromkeys(found) | issued


def _near(found: Mapping[int, EnrolmentFacts], curricula: Mapping[int, CurriculumVersion]) -> dict[int, EnrolmentFacts]:
    """Those whose hours suffice: of all others no statement needs to be read, for no record can stand."""
    earned = ledger.seconds_of(enrolment_ids=found)
    return {
        key: facts
        for key, facts in found.items()
        if hours_suffice(
            curriculum=curricula[facts.curriculum_id],
            seconds=earned.get(key, {}),
            limits=hours.limits_for(pack=facts.hour_pack, category=facts.category),
        )
    }


def _issue(
    *, statement: LearningStatement, passed: bool, learner_id: int, standing: Record | None, now: datetime
) -> CompletionRecord | None:
    if not passed:
        if standing:
            _revoke(standing, "requirements no longer met", now)
        return None
    content = _content(statement.enrolment_id, statement)
    basis = sha256_hex(canonical_bytes(content["basis"]))
    if standing and standing.statement_digest == basis:
        return _to_data(standing)
    if fault := ledger.check_chain(learner_id=learner_id):
        log.warning("record_held_chain_broken", enrolment_id=statement.enrolment_id, fault=str(fault))
        return _to_data(standing) if standing else None
    return _to_data(_seal(statement.enrolment_id, content, basis, standing, now))


def revoke_record(*, record_no: str, reason: str, now: datetime) -> None:
    """The record no longer stands. Revoking twice changes nothing. Raises UnableToFindRecord."""
    with transaction.atomic():
        record = _find(record_no=record_no)
        lock_records_of(record.enrolment_id)
        if not Revocation.objects.filter(record=record).exists():
            _revoke(record, reason, now)


def get_record(*, record_no: str) -> CompletionRecord:
    """The record with this number, standing or not. Raises UnableToFindRecord."""
    return _to_data(_find(record_no=record_no))


def record_by_code(*, verify_code: str) -> CompletionRecord:
    """The record whose certificate carries this code. Raises UnableToFindRecord."""
    return _to_data(_find(verify_code=verify_code))


def record_for(*, enrolment_id: int) -> CompletionRecord | None:
    """The record that stands for an enrolment now, or None."""
    record = _standing(enrolment_id)
    return _to_data(record) if record else None


def records_of(*, enrolment_ids: list[int]) -> dict[int, CompletionRecord]:
    """The standing records of many enrolments, by enrolment."""
    return {row.enrolment_id: _to_data(row) for row in _standing_rows(enrolment_ids)}


def verify_record(*, record: CompletionRecord) -> Verification:
    """The record checked now: its bytes against its digest, its signature against our keys, and whether it stands."""
    row = _find(record_no=record.record_no)
    standing = "valid"
    if hasattr(row, "superseded_by"):
        standing = "superseded"
    elif record.revoked_at:
        standing = "revoked"
    return Verification(
        record=record,
        masked_name=accounts.mask_name(row.holder.name) if hasattr(row, "holder") else "",
        holder_erased=not hasattr(row, "holder"),
        signature_valid=_signature_valid(row),
        content_intact=_content_intact(row),
        standing=standing,
    )


def verify_all(*, class_run_id: int | None = None) -> Iterator[str]:
    """The number of each record whose content or signature is broken, oldest first; nothing for sound records."""
    rows = _rows().order_by("id")
    if class_run_id is not None:
        rows = rows.filter(enrolment__class_run_id=class_run_id)
    for row in rows.iterator(chunk_size=500):
        if not (_content_intact(row) and _signature_valid(row)):
            yield row.record_no


def _judge(enrolment_id: int, statement: LearningStatement) -> Judgement:
    facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
    return _judge_facts(facts, courses.get_curriculum(curriculum_id=facts.curriculum_id), statement)


def _judge_facts(facts: EnrolmentFacts, curriculum: CurriculumVersion, statement: LearningStatement) -> Judgement:
    return judge_completion(
        curriculum=curriculum,
        statement=statement,
        limits=hours.limits_for(pack=facts.hour_pack, category=facts.category),
        on_roster=facts.on_roster,
    )


def _content(enrolment_id: int, statement: LearningStatement) -> dict[str, Any]:
    """What is signed. `basis` is the part that a changed ledger changes; the rest is fixed at issue."""
    facts = enrolment.get_enrolment(enrolment_id=enrolment_id)
    run = enrolment.get_class_run(class_run_id=facts.class_run_id)
    curriculum = courses.get_curriculum(curriculum_id=facts.curriculum_id)
    provider = accounts.get_organisation(organisation_id=run.provider_id)
    return {
        "basis": {
            "seconds": {line.mode: line.credited_seconds for line in statement.modes},
            "units": {line.unit_key: line.credited_seconds for line in statement.units},
            "required": {mode: curriculum.seconds(mode) for mode in sorted({unit.mode for unit in curriculum.units})},
            "results": [
                {"kind": line.exam_kind, "score": line.score, "pass_mark": line.pass_mark, "passed": line.passed}
                for line in statement.results
            ],
            "curriculum": curriculum.digest,
        },
        "ledger": {"seq": statement.head_seq, "hash": statement.head_hash},
        "enrolment": enrolment_id,
        "person": {"id": facts.learner_id},
        "class": {
            "id": run.class_run_id,
            "number": run.number,
            "title": run.title,
            "programme": run.programme_code,
            "filed_on": run.filed_on.isoformat() if run.filed_on else None,
            "from": run.starts_on.isoformat(),
            "to": run.ends_on.isoformat(),
            "provider": provider.name,
            "provider_uscc": provider.uscc,
        },
        "curriculum": {
            "id": curriculum.curriculum_id,
            "title": curriculum.title,
            "digest": curriculum.digest,
            "occupation": curriculum.occupation_code,
            "occupation_name": curriculum.occupation_name,
            "level": curriculum.level,
        },
    }


def _seal(enrolment_id: int, content: dict[str, Any], basis: str, old: Record | None, now: datetime) -> Record:
    last = Record.objects.filter(enrolment_id=enrolment_id).order_by("-version").first()
    year = local_day(now).year
    record_no = record_number(region=REGION, year=year, sequence=next_sequence(region=REGION, year=year))
    holder = accounts.get_person(person_id=content["person"]["id"])
    salt = secrets.token_hex(16)
    commitment = commit_to_person(salt=salt, name=holder.name, id_hash=holder.id_hash)
    sealed = {
        **content,
        "person": {"id": holder.person_id, "commitment": commitment},
        "record_no": record_no,
        "issued_at": now.isoformat(),
        "supersedes": old.record_no if old else None,
    }
    body = canonical_bytes(sealed)
    signature = sign(body)
    row = Record.objects.create(
        record_no=record_no,
        enrolment_id=enrolment_id,
        version=last.version + 1 if last else 1,
        statement_digest=basis,
        verify_code=secrets.token_hex(16),
        content=sealed,
        digest=sha256_hex(body),
        signature=signature.value,
        key_id=signature.key_id,
        issued_at=now,
        supersedes=old,
    )
    Holder.objects.create(record=row, name=holder.name, id_hash=holder.id_hash, salt=salt)
    announce(topic="completion.issued", key=record_no, occurred_at=now)
    return row


def _revoke(record: Record, reason: str, now: datetime) -> None:
    Revocation.objects.create(record=record, reason=reason, revoked_at=now)
    announce(topic="completion.revoked", key=record.record_no, occurred_at=now)


def _rows() -> Any:
    return Record.objects.select_related("supersedes", "superseded_by", "revocation", "holder")


def _standing_rows(enrolment_ids: Collection[int]) -> Iterable[Record]:
    """Oldest version first."""
    rows: Iterable[Record] = (
        _rows()
        .filter(enrolment_id__in=list(enrolment_ids), superseded_by=None, revocation=None)
        .order_by("enrolment_id", "version")
    )
    return rows


def _standing(enrolment_id: int) -> Record | None:
    found = list(_standing_rows((enrolment_id,)))
    return found[-1] if found else None


def _find(**key: str) -> Record:
    row: Record | None = _rows().filter(**key).first()
    if row is None:
        raise UnableToFindRecord(next(iter(key.values())))
    return row


def _content_intact(row: Record) -> bool:
    holder: Holder | None = getattr(row, "holder", None)
    person = row.content["person"]
    if holder and person["commitment"] != commit_to_person(
        salt=holder.salt, name=holder.name or "", id_hash=holder.id_hash
    ):
        return False
    return (
        sha256_hex(canonical_bytes(row.content)) == row.digest
        and row.content["record_no"] == row.record_no
        and row.content["enrolment"] == row.enrolment_id
    )


def _signature_valid(row: Record) -> bool:
    return verify(canonical_bytes(row.content), Signature(key_id=row.key_id, value=row.signature))


def _to_data(row: Record) -> CompletionRecord:
    content = row.content
    revocation: Revocation | None = getattr(row, "revocation", None)
    holder: Holder | None = getattr(row, "holder", None)
    return CompletionRecord(
        record_no=row.record_no,
        enrolment_id=row.enrolment_id,
        learner_id=content["person"]["id"],
        class_run_id=content["class"]["id"],
        programme_code=content["class"]["programme"],
        curriculum_id=content["curriculum"]["id"],
        curriculum_digest=content["curriculum"]["digest"],
        title=content["curriculum"]["title"],
        occupation_code=content["curriculum"]["occupation"],
        occupation_name=content["curriculum"]["occupation_name"],
        level=content["curriculum"]["level"],
        seconds=content["basis"]["seconds"],
        required=content["basis"]["required"],
        results=tuple(content["basis"]["results"]),
        person_name=(holder.name or "") if holder else "",
        provider_name=content["class"]["provider"],
        starts_on=content["class"]["from"],
        ends_on=content["class"]["to"],
        statement_digest=row.statement_digest,
        head_seq=content["ledger"]["seq"],
        head_hash=content["ledger"]["hash"],
        issued_at=row.issued_at,
        verify_code=row.verify_code,
        digest=row.digest,
        signature=row.signature,
        key_id=row.key_id,
        supersedes=row.supersedes.record_no if row.supersedes else None,
        revoked_at=revocation.revoked_at if revocation else None,
        revoked_reason=revocation.reason if revocation else "",
    )
