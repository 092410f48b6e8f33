from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone, translation

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.api import (
    assess_evidence,
    deliver_evidence,
    find_capturer,
    get_evidence,
    register_capturer,
    revoke_capturer,
)
from lms.evidence.data import DeliveryRefused, UnableToRegister, UnknownSource
from lms.evidence.models import SealedEvidence
from lms.evidence.refusals import REFUSAL_CODES, explain_refusal
from lms.evidence.registry import installed_sources
from tests.factories.classes import LIVE_UNIT, Cast, make_cast, make_filed_class
from tests.factories.ledger import HOUR, NOON, NOW, present, row_counts

pytestmark = pytest.mark.django_db
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def enrolled() -> tuple[Cast, EnrolmentFacts]:
    cast = make_cast()
    _, (learner,) = make_filed_class(cast)
    return cast, learner


def register(cast: Cast, **changes: Any) -> None:
    register_capturer(
        **{
            "code": "hall-1",
            "public_key": KEY.public_key().public_bytes_raw().hex(),
            "sources": ("live",),
            "organisation_id": cast.provider_id,
            "now": NOW,
            **changes,
        }
    )


def body_of(learner: EnrolmentFacts, **changes: Any) -> dict[str, Any]:
    return {
        "source": "live",
        "enrolment": learner.enrolment_id,
        "unit": LIVE_UNIT,
        "external_key": "2026-03-10.1",
        "captured_at": "2026-03-10T15:05:00+08:00",
        "stretches": [{"wall_from_ms": NOON, "wall_to_ms": NOON + 3 * HOUR}],
        "payload": {"session": "l1", "schedule": [NOON, NOON + 3 * HOUR]},
        **changes,
    }


def post(
    body: dict[str, Any] | bytes,
    *,
    source: str = "live",
    key: Ed25519PrivateKey = KEY,
    code: str = "hall-1",
    signature: str | None = None,
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"X-Capturer": code, "X-Signature": key.sign(raw).hex() if signature is None else signature}
    return Client(enforce_csrf_checks=True).post(
        f"/api/v1/evidence/{source}/", raw, content_type="application/json", headers=signed
    )


def refusal(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["detail"]
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"]


def test_a_signed_delivery_becomes_evidence_under_the_capturers_own_clock() -> None:
    cast, learner = enrolled()
    register(cast)
    answer = post(body_of(learner))

    assert answer.status_code == 201
    (row,) = SealedEvidence.objects.all()
    assert json.loads(answer.content) == {"evidence": str(row.pk), "digest": row.digest, "created": True}
    sealed = get_evidence(evidence_id=row.pk)
    assert (sealed.captured_by, sealed.external_key) == ("hall-1", "hall-1:2026-03-10.1")
    assert sealed.captured_at.isoformat() == "2026-03-10T07:05:00+00:00"
    assert timezone.now() - sealed.recorded_at < timedelta(minutes=5)
    assert assess_evidence(evidence_id=row.pk).stretches == (present(NOON, 3 * HOUR),)


def test_sending_it_again_is_safe_and_says_so() -> None:
    cast, learner = enrolled()
    register(cast)
    first = json.loads(post(body_of(learner)).content)
    before = row_counts()
    again = post(body_of(learner))
    assert (again.status_code, json.loads(again.content)) == (200, {**first, "created": False})
    assert refusal(post(body_of(learner, unit=LIVE_UNIT, stretches=[]))) == (409, "evidence_conflict")
    assert row_counts() == before


def test_who_did_not_sign_learns_nothing() -> None:
    cast, learner = enrolled()
    register(cast)
    raw = json.dumps(body_of(learner)).encode()
    client = Client()
    bare = client.post("/api/v1/evidence/live/", raw, content_type="application/json")
    assert refusal(bare) == (401, "signature_missing")
    assert bare["WWW-Authenticate"].startswith("Signature")
    assert refusal(post(body_of(learner), key=OTHER_KEY)) == (403, "signature_invalid")
    assert refusal(post(body_of(learner), code="unknown")) == (403, "signature_invalid")
    assert refusal(post(body_of(learner), code="nul\x00".replace("\x00", "%00"))) == (403, "signature_invalid")
    assert refusal(post(raw, signature=KEY.sign(raw + b" ").hex())) == (403, "signature_invalid")
    assert refusal(post(raw, signature="zz")) == (403, "signature_invalid")
    revoke_capturer(code="hall-1", now=NOW)
    assert refusal(post(body_of(learner))) == (403, "signature_invalid")
    assert SealedEvidence.objects.count() == 0


CASES: list[tuple[dict[str, Any], int, str]] = [
    ({"nonsense": 1}, 400, "body_invalid"),
    ({"enrolment": "1"}, 400, "body_invalid"),
    ({"enrolment": -1}, 400, "body_invalid"),
    ({"enrolment": 10**30}, 400, "body_invalid"),
    ({"captured_at": "yesterday"}, 400, "body_invalid"),
    ({"captured_at": "2026-03-10T15:05:00"}, 400, "body_invalid"),
    ({"captured_at": "0001-01-01T00:00:00Z"}, 400, "captured_too_early"),
    ({"captured_at": "2099-01-01T00:00:00Z"}, 400, "in_future"),
    ({"external_key": "a\x00b"}, 400, "body_invalid"),
    ({"external_key": "键"}, 400, "body_invalid"),
    ({"external_key": "k\n"}, 400, "external_key_invalid"),
    ({"source": "practice"}, 400, "source_differs"),
    ({"payload": {"session": "l1"}}, 400, "payload_invalid"),
    ({"payload": {"session": "\x00", "schedule": [NOON, NOON + 1]}}, 400, "payload_invalid"),
    ({"payload": {"session": "l", "schedule": [NOON, NOON + 1], "name": "李秀兰"}}, 400, "payload_invalid"),
    ({"payload": {"session": "l", "schedule": [NOON, 1e300]}}, 400, "payload_invalid"),
    ({"stretches": [{"wall_from_ms": NOON, "wall_to_ms": NOON}]}, 400, "stretch_backward"),
    ({"stretches": [{"wall_from_ms": 4_000_000_000_000, "wall_to_ms": 4_000_000_000_009}]}, 400, "in_future"),
    ({"stretches": [{"wall_from_ms": NOON, "wall_to_ms": 10**18}]}, 400, "body_invalid"),
    ({"stretches": [{"wall_from_ms": NOON, "wall_to_ms": NOON + 9}] * 501}, 400, "body_invalid"),
    ({"enrolment": 999_999}, 404, "enrolment_unknown"),
    ({"unit": "no-such-unit"}, 404, "unit_unknown"),
    ({"unit": "22222222-2222-4222-8222-222222222222"}, 400, "mode_differs"),
]
GARBAGE = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"source":', b'{"a":' * 5_000]


def test_a_delivery_that_does_not_fit_is_refused_by_name() -> None:
    cast, learner = enrolled()
    register(cast)
    before = row_counts()
    for changes, status, code in CASES:
        assert refusal(post(body_of(learner, **changes))) == (status, code), changes
    for raw in GARBAGE:
        assert refusal(post(raw)) == (400, "body_invalid"), raw[:20]
    assert row_counts() == before


def test_paths_methods_and_sizes() -> None:
    cast, learner = enrolled()
    register(cast)
    assert refusal(post(body_of(learner), source="telepathy")) == (404, "source_unknown")
    assert refusal(post(body_of(learner), source="video")) == (403, "source_not_allowed")
    assert refusal(post(b" " * 256_001)) == (413, "too_large")
    assert Client().get("/api/v1/evidence/live/").status_code == 405


def test_a_capturer_witnesses_only_classes_that_its_organisation_teaches_or_hosts() -> None:
    cast, learner = enrolled()
    register(cast, code="other", organisation_id=cast.other_employer_id)
    register(cast, code="base", organisation_id=cast.base_id)
    register(cast, code="platform", organisation_id=None)
    assert refusal(post(body_of(learner), code="other")) == (404, "enrolment_unknown")
    assert post(body_of(learner), code="base").status_code == 201
    assert post(body_of(learner), code="platform").status_code == 201


def test_registering_again_changes_nothing_and_otherwise_is_refused() -> None:
    cast, _ = enrolled()
    register(cast)
    known = find_capturer(code="hall-1")
    register(cast)
    assert find_capturer(code="hall-1") == known
    assert find_capturer(code="nobody") is None
    for changes in ({"sources": ("live", "practice")}, {"organisation_id": None}, {"public_key": "00" * 32}):
        with pytest.raises(UnableToRegister, match="already registered"):
            register(cast, **changes)
    for changes in ({"code": ""}, {"code": "x" * 65}, {"public_key": "00"}, {"public_key": "zz" * 32}):
        with pytest.raises(UnableToRegister, match="public key"):
            register(cast, **changes)
    with pytest.raises(UnknownSource):
        register(cast, code="new", sources=("telepathy",))


def test_the_api_itself_takes_the_instant_from_its_caller() -> None:
    cast, learner = enrolled()
    register(cast)
    raw = json.dumps(body_of(learner)).encode()
    early = NOW - timedelta(days=2)
    with pytest.raises(DeliveryRefused) as refused:
        deliver_evidence(source="live", capturer="hall-1", signature=KEY.sign(raw).hex(), body=raw, now=early)
    assert (refused.value.status, refused.value.code) == (400, "in_future")


def test_every_refusal_has_words_in_both_languages() -> None:
    for code in REFUSAL_CODES:
        with translation.override("en"):
            english = explain_refusal(code)
        with translation.override("zh-hans"):
            chinese = explain_refusal(code)
        assert english != chinese, code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), code


def test_the_schema_shows_every_source(client: Client) -> None:
    answer = client.get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    document = json.loads(answer.content)
    operation = document["paths"]["/api/v1/evidence/{source}/"]["post"]
    assert operation["parameters"][0]["schema"]["enum"] == sorted(installed_sources())
    names = {"VideoPayload", "LivePayload", "PracticePayload", "AssessmentPayload", "Delivery", "EvidenceReceipt"}
    assert names <= set(document["components"]["schemas"])
    assert document["components"]["schemas"]["LivePayload"]["additionalProperties"] is False
