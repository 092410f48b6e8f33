"""The statement of hours in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from courses.data import ExamKind, UnitMode
from lms.ledger.data import ReasonCode

_WHOLE: dict[str, Any] = {"type": "integer"}
_SECONDS: dict[str, Any] = {"type": "integer", "minimum": 0}
_TEXT: dict[str, Any] = {"type": "string"}
_TIME: dict[str, Any] = {"type": "string", "format": "date-time"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _choice(values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [value.value for value in values]}


_REFUSED = _object(from_ms=_WHOLE, to_ms=_WHOLE, seconds=_SECONDS, reason=_choice(ReasonCode))
_UNIT = _object(
    unit=_TEXT,
    mode=_choice(UnitMode),
    credited_seconds=_SECONDS,
    coverage_ms=_list({**_list(_WHOLE), "description": "[from, to) in the media, or on the clock where there is none"}),
    refused=_list(_REFUSED),
)
_RESULT = _object(
    unit=_TEXT, exam_kind=_choice(ExamKind), score=_WHOLE, pass_mark=_WHOLE, passed={"type": "boolean"}, at=_TIME
)
_HEX: dict[str, Any] = {"type": "string", "description": "hex digits"}
_SIGNED = _object(anchored_at_us=_WHOLE, leaves=_WHOLE, number=_WHOLE, prev_root=_HEX, root=_HEX)
SCHEMAS: dict[str, Any] = {
    "LearningStatement": _object(
        enrolment=_WHOLE,
        as_of=_TIME,
        credited_seconds=_SECONDS,
        modes={"type": "object", "additionalProperties": _SECONDS, "description": "credited seconds by mode"},
        units=_list(_UNIT),
        results=_list(_RESULT),
        refused_seconds={"type": "object", "additionalProperties": _SECONDS, "description": "by reason"},
        head=_object(seq=_WHOLE, hash={"type": "string", "description": "SHA-256 of the learner's last entry"}),
    ),
    "Anchor": _object(
        number=_WHOLE,
        day={**_TEXT, "format": "date", "description": "in Asia/Shanghai"},
        anchored_at=_TIME,
        heads=_WHOLE,
        root=_HEX,
        prev_root=_HEX,
        key_id=_TEXT,
        signature=_HEX,
    ),
    "AnchorFile": _object(anchor=_SIGNED, key_id=_TEXT, signature={**_HEX, "description": "Ed25519 over `anchor`"}),
    "AnchorProof": _object(
        anchor=_SIGNED,
        key_id=_TEXT,
        signature=_HEX,
        leaf={"type": "array", "description": "learner, seq and hash of the head", "items": {}},
        path=_list({"type": "array", "description": "left or right, and the hash to put there", "items": _TEXT}),
    ),
}


def _path_number(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _WHOLE}


def _answer(schema: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


PATHS: dict[str, Any] = {
    "/api/v1/anchors/": {
        "get": {
            "operationId": "anchors",
            "tags": ["ledger"],
            "summary": "The daily anchors of the ledger, newest first; no sign-in",
            "security": [],
            "parameters": [{"name": "page", "in": "query", "required": False, "schema": _WHOLE}],
            "responses": {
                "200": {
                    "description": "A page of anchors",
                    "content": {
                        "application/json": {
                            "schema": _object(
                                page=_WHOLE,
                                pages=_WHOLE,
                                total=_WHOLE,
                                anchors=_list({"$ref": "#/components/schemas/Anchor"}),
                            )
                        }
                    },
                }
            },
        }
    },
    "/api/v1/anchors/{number}/": {
        "get": {
            "operationId": "anchor_file",
            "tags": ["ledger"],
            "summary": "One anchor as a file in canonical JSON; keys at /anchors/keys.pem and /anchors/keys.txt",
            "security": [],
            "parameters": [_path_number("number")],
            "responses": {"200": _answer("AnchorFile", "The anchor"), "404": {"description": "No such anchor"}},
        }
    },
    "/api/v1/anchors/{number}/leaves/": {
        "get": {
            "operationId": "anchor_leaves",
            "tags": ["ledger"],
            "summary": "The leaves of the anchor's tree in order, one SHA-256 a line",
            "security": [],
            "parameters": [_path_number("number")],
            "responses": {
                "200": {"description": "The leaves", "content": {"text/plain": {"schema": _TEXT}}},
                "404": {"description": "No such anchor"},
            },
        }
    },
    "/api/v1/enrolments/{id}/anchor-proof/": {
        "get": {
            "operationId": "anchor_proof",
            "tags": ["ledger"],
            "summary": "The newest anchor over the learner's head, and the Merkle path from that head to its root",
            "parameters": [_path_number("id")],
            "responses": {
                "200": _answer("AnchorProof", "The proof"),
                "401": {"description": "Sign in first", "content": {"application/problem+json": {}}},
                "404": {"description": "No such enrolment, none of yours, or not under an anchor yet"},
            },
        }
    },
    "/api/v1/enrolments/{id}/statement/": {
        "get": {
            "operationId": "enrolment_statement",
            "tags": ["ledger"],
            "summary": "Credited seconds by mode and unit, refused seconds by reason, results, head of the chain",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "responses": {
                "200": {
                    "description": "The statement",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LearningStatement"}}},
                },
                "401": {"description": "Sign in first", "content": {"application/problem+json": {}}},
                "404": {"description": "No such enrolment, or it is none of yours"},
            },
        }
    },
}
