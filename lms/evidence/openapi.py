"""The signed intake in the OpenAPI document; each source's payload comes from its own file."""

from __future__ import annotations

from typing import Any

import msgspec

from lms.evidence.intake import Delivery
from lms.evidence.registry import installed_sources

_SOURCES = dict(sorted(installed_sources().items()))
_TYPES = [Delivery, *(source.payload for source in _SOURCES.values())]
(_DELIVERY, *_PAYLOADS), SCHEMAS = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
SCHEMAS["EvidenceReceipt"] = {
    "type": "object",
    "required": ["evidence", "digest", "created"],
    "properties": {
        "evidence": {"type": "string", "format": "uuid"},
        "digest": {"type": "string", "description": "SHA-256 over the canonical bytes of what was sealed"},
        "created": {"type": "boolean", "description": "false: the same evidence had been delivered before"},
    },
}
SCHEMAS["Delivery"]["properties"]["source"]["enum"] = list(_SOURCES)
SCHEMAS["Delivery"]["properties"]["payload"] = {"anyOf": _PAYLOADS, "description": "The schema of the source"}
_PROBLEMS = {
    "400": "The body does not fit, or what it says can't be meant",
    "401": "X-Capturer or X-Signature is missing",
    "403": "No registered capturer made this signature, or it may not deliver this source",
    "404": "No such source, enrolment or unit, or it is none of the capturer's",
    "409": "The external key stands for other content",
    "413": "Larger than 256 KB",
}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}


def _receipt(description: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/EvidenceReceipt"}}}
    return {"description": description, "content": content}


PATHS: dict[str, Any] = {
    "/api/v1/evidence/{source}/": {
        "post": {
            "operationId": "evidence_deliver",
            "tags": ["evidence"],
            "summary": "Deliver one piece of evidence from a registered outside system",
            "description": (
                "Sign the raw body with your Ed25519 key. Past instants are your own clock's, future ones are refused. "
                "Sending the same again is safe: the answer is 200 with the same id."
            ),
            "parameters": [
                {
                    "name": "source",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": list(_SOURCES)},
                },
                _header("X-Capturer", "Your registered code"),
                _header("X-Signature", "Ed25519 signature over the raw body, 128 hex digits"),
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _DELIVERY}}},
            "responses": {
                "201": _receipt("Sealed"),
                "200": _receipt("Known already, nothing changed"),
                **{
                    status: {"description": text, "content": {"application/problem+json": {}}}
                    for status, text in _PROBLEMS.items()
                },
            },
            "security": [],
        }
    }
}
