"""Taking evidence in: checked, sealed with its digest, written once, announced with the same commit."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from courses.api import get_curricula
from courses.data import CurriculumVersion, UnitNotFound
from lms.db.api import announce_many
from lms.enrolment.api import get_enrolments
from lms.evidence.data import (
    Evidence,
    EvidenceConflict,
    EvidenceDraft,
    EvidenceNotFound,
    Stretch,
    UnableToRecord,
)
from lms.evidence.registry import find_source
from lms.evidence.rules import check_draft, content_digest, evidence_digest, payload_builtins, stretch_of, stretch_row
from lms.evidence.source import read_payload
from lms.lib.arrays import plain, texts
from lms.lib.localday import to_ms

RECORDED = "evidence.recorded"
_INSERT = """
INSERT INTO evidence_sealedevidence (id, source, learner_id, enrolment_id, unit_key, stretches, payload, captured_by,
                                     captured_at, external_key, digest, recorded_at)
SELECT id, source, learner, enrolment, unit, stretches::jsonb, payload::jsonb, captured_by, captured_at, key, digest, %s
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::text[], %s::text[])
  AS new (id, source, learner, enrolment, unit, stretches, payload, captured_by, captured_at, key, digest)
ON CONFLICT (source, external_key) DO NOTHING
RETURNING id
"""
_KNOWN = """
SELECT known.source, known.external_key, known.id, known.digest FROM evidence_sealedevidence known
JOIN unnest(%s::text[], %s::text[]) AS asked (source, key)
  ON known.source = asked.source AND known.external_key = asked.key
"""
_SEALED = """
SELECT id, source, learner_id, enrolment_id, unit_key, stretches, payload, captured_by, captured_at, external_key,
  digest, recorded_at
FROM evidence_sealedevidence WHERE id = ANY(%s::uuid[])
"""
_CONTENT = """
SELECT id::text, source, learner_id, enrolment_id, unit_key, stretches, payload, captured_by,
  (extract(epoch FROM captured_at) * 1000000)::bigint, external_key
FROM evidence_sealedevidence WHERE id = ANY(%s::uuid[])
"""
_to_json = msgspec.json.Encoder(order="deterministic")


def record_evidence(
    *,
    source: str,
    learner_id: int,
    enrolment_id: int,
    unit_key: str,
    stretches: Sequence[Stretch],
    payload: Mapping[str, Any],
    captured_by: str,
    captured_at: datetime,
    external_key: str,
    now: datetime,
) -> UUID:
    """The evidence is sealed, once, whoever asks how often; its id. Announces `evidence.recorded` when it is new.

    Raises UnableToRecord where the content can't be meant, EvidenceConflict where the key stands for other content.
    """
    draft = EvidenceDraft(
        source=source,
        learner_id=learner_id,
        enrolment_id=enrolment_id,
        unit_key=unit_key,
        stretches=tuple(stretches),
        payload=payload,
        captured_by=captured_by,
        captured_at=captured_at,
        external_key=external_key,
    )
    return record_many(drafts=(draft,), now=now)[0]


def record_many(*, drafts: Sequence[EvidenceDraft], now: datetime) -> tuple[UUID, ...]:
    """All drafts are sealed, or none; their ids in the order given. As `record_evidence`, in four statements."""
    return tuple(evidence_id for evidence_id, _ in seal_many(drafts=drafts, now=now))


def seal_many(*, drafts: Sequence[EvidenceDraft], now: datetime) -> tuple[tuple[UUID, bool], ...]:
    """The ids in the order given, and whether each is new."""
    if not drafts:
        return ()
    sound = _sound(drafts, now)
    wanted: dict[tuple[str, str], tuple[EvidenceDraft, str]] = {}
    for draft in sound:
        digest = evidence_digest(draft)
        if wanted.setdefault((draft.source, draft.external_key), (draft, digest))[1] != digest:
            raise EvidenceConflict(draft.external_key)
    with transaction.atomic():
        new = _insert(wanted, now)
        known = _known(wanted)
        for key, (_, digest) in wanted.items():
            if known[key][1] != digest:
                raise EvidenceConflict(key[1])
        announce_many(topic=RECORDED, keys=[str(evidence_id) for evidence_id in sorted(new)], occurred_at=now)
    ids = [known[draft.source, draft.external_key][0] for draft in sound]
    return tuple((evidence_id, evidence_id in new) for evidence_id in ids)


def get_evidence(*, evidence_id: UUID) -> Evidence:
    """The sealed evidence. Raises EvidenceNotFound."""
    found = get_evidence_many(evidence_ids=(evidence_id,))
    if not found:
        raise EvidenceNotFound(str(evidence_id))
    return found[evidence_id]


def get_evidence_many(*, evidence_ids: Collection[UUID]) -> dict[UUID, Evidence]:
    """The sealed evidence by id, in one query; unknown ids are left out."""
    if not evidence_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [plain(evidence_ids)])
        return {row[0]: _evidence(row) for row in cursor.fetchall()}


def digests_of(*, evidence_ids: Collection[str]) -> dict[str, str]:
    """The digest of each sealed evidence by id, recomputed from its content as it stands now.

    Unknown ids are left out. Ids are texts here, for speed: a verification asks for millions.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [plain(evidence_ids)])
        rows = cursor.fetchall()
    return {
        row[0]: content_digest(
            source=row[1],
            learner_id=row[2],
            enrolment_id=row[3],
            unit_key=row[4],
            stretches=msgspec.json.decode(row[5]),
            payload=msgspec.json.decode(row[6]),
            captured_by=row[7],
            captured_at_us=row[8],
            external_key=row[9],
        )
        for row in rows
    }


def _evidence(row: Sequence[Any]) -> Evidence:
    return Evidence(
        evidence_id=row[0],
        source=row[1],
        learner_id=row[2],
        enrolment_id=row[3],
        unit_key=row[4],
        stretches=tuple(stretch_of(stretch) for stretch in msgspec.json.decode(row[5])),
        payload=msgspec.json.decode(row[6]),
        captured_by=row[7],
        captured_at=row[8],
        external_key=row[9],
        digest=row[10],
        recorded_at=row[11],
    )


def _sound(drafts: Sequence[EvidenceDraft], now: datetime) -> tuple[EvidenceDraft, ...]:
    """The drafts in their normal form: payload typed, defaults written out, and every one can be meant."""
    enrolments = get_enrolments(enrolment_ids={draft.enrolment_id for draft in drafts})
    curricula = get_curricula(curriculum_ids={enrolment.curriculum_id for enrolment in enrolments.values()})
    sound = []
    for draft in drafts:
        enrolment = enrolments.get(draft.enrolment_id)
        if enrolment is None or enrolment.learner_id != draft.learner_id:
            raise UnableToRecord("enrolment_unknown", "No such enrolment of this learner.")
        sound.append(_normal(draft, curricula[enrolment.curriculum_id]))
        check_draft(sound[-1], now=now)
    return tuple(sound)


def _normal(draft: EvidenceDraft, curriculum: CurriculumVersion) -> EvidenceDraft:
    source = find_source(draft.source)
    try:
        unit = curriculum.unit(draft.unit_key)
    except UnitNotFound:
        raise UnableToRecord("unit_unknown", "The learner's curriculum has no such unit.") from None
    if unit.mode is not source.mode:
        raise UnableToRecord("mode_differs", f"A {unit.mode} unit takes no evidence of source {source.code}.")
    payload = read_payload(source.payload, draft.payload)
    return replace(
        draft,
        stretches=source.witness(payload, draft.stretches),
        payload=payload_builtins(payload),
    )


def _insert(wanted: Mapping[tuple[str, str], tuple[EvidenceDraft, str]], now: datetime) -> set[UUID]:
    """Sorted by key, so that two writers of the same keys wait for each other instead of deadlocking."""
    rows = [
        (
            _time_ordered_id(now),
            draft.source,
            draft.learner_id,
            draft.enrolment_id,
            draft.unit_key,
            _to_json.encode([stretch_row(stretch) for stretch in draft.stretches]).decode(),
            _to_json.encode(draft.payload).decode(),
            draft.captured_by,
            draft.captured_at,
            draft.external_key,
            digest,
        )
        for _, (draft, digest) in sorted(wanted.items())
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [now, *(texts(column) for column in zip(*rows, strict=True))])
        return {evidence_id for (evidence_id,) in cursor.fetchall()}


def _known(wanted: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], tuple[UUID, str]]:
    sources, keys = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [texts(sources), texts(keys)])
        return {(source, key): (evidence_id, digest) for source, key, evidence_id, digest in cursor.fetchall()}


def _time_ordered_id(now: datetime) -> UUID:
    """A UUID of version 7 (RFC 9562): new rows lie together in the index."""
    random = int.from_bytes(os.urandom(10))
    bits = (
        (to_ms(now) & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62 | random & ((1 << 62) - 1)
    )
    return UUID(int=bits)
