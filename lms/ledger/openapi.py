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
    )
}
PATHS: dict[str, Any] = {
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
    }
}
