"""The signed intake: evidence from outside systems (a badge reader, a VR rig, another LMS)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from lms.db.api import verify_with
from lms.enrolment.api import get_class_run, get_enrolments
from lms.evidence.capturers import find_capturer
from lms.evidence.data import (
    CapturerFacts,
    DeliveryReceipt,
    DeliveryRefused,
    EvidenceConflict,
    EvidenceDraft,
    Stretch,
    UnableToRecord,
)
from lms.evidence.registry import installed_sources
from lms.evidence.sealing import get_evidence, seal_many
from lms.evidence.source import Instant, MediaPoint

LARGEST_BODY = 256_000
Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,120}$", description="1 to 120 of A-Z a-z 0-9 . _ : -")]
Unit = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Id = Annotated[int, msgspec.Meta(ge=1, le=(1 << 63) - 1)]


class DeliveredStretch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Milliseconds since 1970 (UTC) on the capturer's clock; media milliseconds for video."""

    wall_from_ms: Instant
    wall_to_ms: Instant
    media_from_ms: MediaPoint | None = None
    media_to_ms: MediaPoint | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece of evidence from outside. `source` repeats the one in the path, so that the signature covers it."""

    source: str
    enrolment: Id
    unit: Unit
    external_key: Key
    captured_at: Annotated[datetime, msgspec.Meta(tz=True)]
    payload: dict[str, Any]
    stretches: Annotated[tuple[DeliveredStretch, ...], msgspec.Meta(max_length=500)] = ()


def deliver_evidence(*, source: str, capturer: str, signature: str, body: bytes, now: datetime) -> DeliveryReceipt:
    """The delivery is sealed evidence, once however often it is sent; past instants are the capturer's own clock.

    The capturer's code is put before its external key, so that two capturers never collide. Raises DeliveryRefused.
    """
    if source not in installed_sources():
        raise DeliveryRefused(404, "source_unknown")
    if len(body) > LARGEST_BODY:
        raise DeliveryRefused(413, "too_large")
    sender = _sender(capturer, signature, body)
    if source not in sender.sources:
        raise DeliveryRefused(403, "source_not_allowed")
    delivery = _parse(body)
    if delivery.source != source:
        raise DeliveryRefused(400, "source_differs")
    draft = _draft(delivery, sender)
    try:
        ((evidence_id, created),) = seal_many(drafts=(draft,), now=now)
    except EvidenceConflict as error:
        raise DeliveryRefused(409, error.code, error.detail) from error
    except UnableToRecord as error:
        raise DeliveryRefused(404 if error.code == "unit_unknown" else 400, error.code, error.detail) from error
    return DeliveryReceipt(
        evidence_id=evidence_id, digest=get_evidence(evidence_id=evidence_id).digest, created=created
    )


def _sender(code: str, signature: str, body: bytes) -> CapturerFacts:
    """An unknown capturer and a wrong signature look the same from outside."""
    if not code or not signature:
        raise DeliveryRefused(401, "signature_missing")
    sender = find_capturer(code=code) if "\x00" not in code else None
    if sender is None or sender.revoked_at is not None:
        raise DeliveryRefused(403, "signature_invalid")
    if not verify_with(body, signature, bytes.fromhex(sender.public_key)):
        raise DeliveryRefused(403, "signature_invalid")
    return sender


def _parse(body: bytes) -> Delivery:
    try:
        return msgspec.json.decode(body, type=Delivery)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DeliveryRefused(400, "body_invalid", str(error)) from error


def _draft(delivery: Delivery, sender: CapturerFacts) -> EvidenceDraft:
    enrolment = get_enrolments(enrolment_ids=(delivery.enrolment,)).get(delivery.enrolment)
    if enrolment is None or not _may_witness(sender, enrolment.class_run_id):
        raise DeliveryRefused(404, "enrolment_unknown")
    return EvidenceDraft(
        source=delivery.source,
        learner_id=enrolment.learner_id,
        enrolment_id=delivery.enrolment,
        unit_key=delivery.unit,
        stretches=tuple(
            Stretch(
                wall_from_ms=stretch.wall_from_ms,
                wall_to_ms=stretch.wall_to_ms,
                media_from_ms=stretch.media_from_ms,
                media_to_ms=stretch.media_to_ms,
            )
            for stretch in delivery.stretches
        ),
        payload=delivery.payload,
        captured_by=sender.code,
        captured_at=delivery.captured_at,
        external_key=f"{sender.code}:{delivery.external_key}",
    )


def _may_witness(sender: CapturerFacts, class_run_id: int) -> bool:
    """Only those who teach or host the class witness it; the platform's own systems witness all."""
    if sender.organisation_id is None:
        return True
    run = get_class_run(class_run_id=class_run_id)
    return sender.organisation_id in (run.provider_id, run.base_id)
