"""Public verification in the OpenAPI document."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}


def _path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT}


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": _TEXT}


SCHEMAS: dict[str, Any] = {
    "VerifiedRecord": {
        "type": "object",
        "required": ["record_no", "valid", "standing", "signature_valid", "content_intact", "credited_seconds"],
        "properties": {
            "record_no": _TEXT,
            "valid": _FLAG,
            "standing": {"type": "string", "enum": ["valid", "superseded", "revoked"]},
            "signature_valid": _FLAG,
            "content_intact": _FLAG,
            "name": {**_TEXT, "description": "masked; empty once the holder was erased"},
            "holder_erased": _FLAG,
            "course": _TEXT,
            "occupation": _TEXT,
            "provider": _TEXT,
            "from": {"type": "string", "format": "date"},
            "to": {"type": "string", "format": "date"},
            "credited_seconds": {"type": "object", "additionalProperties": {"type": "integer"}},
            "issued_at": {"type": "string", "format": "date-time"},
            "digest": _TEXT,
            "signature": {**_TEXT, "description": "Ed25519, hex"},
            "key_id": _TEXT,
            "ledger_head": {"type": "object", "properties": {"seq": {"type": "integer"}, "hash": _TEXT}},
        },
    }
}
PATHS: dict[str, Any] = {
    "/api/v1/records/{record_no}/": {
        "get": {
            "operationId": "verifyRecord",
            "tags": ["records"],
            "summary": "A completion record, masked and checked at this moment; no sign-in",
            "security": [],
            "parameters": [
                _path("record_no", "as on the certificate"),
                _query("code", "from the certificate's QR"),
                _query("last4", "the last four characters of the holder's ID number"),
            ],
            "responses": {
                "200": {
                    "description": "the record and what was checked",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/VerifiedRecord"}}},
                },
                "404": {"description": "no such record, or neither code nor last4 fits"},
            },
        }
    },
    "/verify/{code}/": {
        "get": {
            "operationId": "verifyPage",
            "tags": ["records"],
            "summary": "The public verification page that a certificate's QR code leads to",
            "security": [],
            "parameters": [_path("code", "32 hex digits from the QR code")],
            "responses": {
                "200": {"description": "a page that explains what is proved", "content": {"text/html": {}}},
                "404": {"description": "no record has this code"},
            },
        }
    },
}
