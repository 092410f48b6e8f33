"""GET /api/v1/schema/ is a valid OpenAPI 3 document that holds every endpoint of the contract."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from drf_spectacular.validation import validate_schema

CONTRACT = {
    "/api/v1/auth/token/": "post",
    "/api/v1/play-sessions/": "post",
    "/api/v1/heartbeats/": "post",
    "/api/v1/enrolments/{}/statement/": "get",
    "/api/v1/evidence/{}/": "post",
    "/api/v1/records/{}/": "get",
    "/verify/{}/": "get",
    "/api/v1/subsidy/preview/": "post",
}


def _document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_the_document_is_valid_and_its_references_lead_somewhere(db: None, client: Client) -> None:
    document = _document(client)
    validate_schema(document)  # type: ignore[no-untyped-call]  # the library's function has no types
    named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = set(re.findall(r"'\$ref': '(#/components/schemas/[^']+)'", str(document)))
    assert used - named == set()


def test_every_endpoint_of_the_contract_is_in_it(db: None, client: Client) -> None:
    paths = {re.sub(r"\{[^}]*\}", "{}", path): item for path, item in _document(client)["paths"].items()}
    missing = {path for path, method in CONTRACT.items() if method not in paths.get(path, {})}
    assert missing == set()
