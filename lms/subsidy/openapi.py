"""A decision in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lms.subsidy.data import Outcome, PayeeKind

_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
_WHOLE: dict[str, Any] = {"type": "integer"}
_WHOLE_OR_NULL: dict[str, Any] = {"type": ["integer", "null"]}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_CLAUSE = _object(
    code=_TEXT,
    ref={**_TEXT, "description": "legal reference"},
    title=_TEXT,
    answer={"type": "string", "enum": ["met", "not_met", "open"]},
    required=_TEXT,
    observed=_TEXT,
    reason=_TEXT,
    fix={**_TEXT, "description": "what to do; empty where the clause is met"},
    test={**_TEXT, "description": "the formula of the policy pack"},
    trace=_list(_object(name=_TEXT, label=_TEXT, value=_TEXT)),
)
SCHEMAS: dict[str, Any] = {
    "SubsidyDecision": _object(
        decision={**_WHOLE_OR_NULL, "description": "null where nothing is stored (preview)"},
        programme=_TEXT,
        title=_TEXT,
        outcome={"type": "string", "enum": [item.value for item in Outcome]},
        payee_kind={"type": "string", "enum": [item.value for item in PayeeKind]},
        payee=_TEXT_OR_NULL,
        amount_fen=_WHOLE,
        amount_yuan=_TEXT,
        potential_fen={**_WHOLE_OR_NULL, "description": "the amount once every clause is met, null if not known"},
        deadline_on={"type": ["string", "null"], "format": "date"},
        decided_at={"type": "string", "format": "date-time"},
        failed_clauses=_list(_TEXT),
        open_clauses=_list(_TEXT),
        clauses=_list(_CLAUSE),
        formula=_list(
            _object(name=_TEXT, code=_TEXT_OR_NULL, label=_TEXT, shown=_TEXT, value=_WHOLE_OR_NULL, unit=_TEXT)
        ),
        fund=_TEXT_OR_NULL,
        pack=_TEXT,
        version=_TEXT_OR_NULL,
        pack_digest=_TEXT,
        facts_digest=_TEXT,
        note={**_TEXT, "description": "that this is a reference set, not an official document"},
    )
}
PATHS: dict[str, Any] = {
    "/api/v1/subsidy/decisions/{id}/": {
        "get": {
            "operationId": "subsidy_decision",
            "tags": ["subsidy"],
            "summary": "One stored decision with every clause, formula, payee and deadline",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "responses": {
                "200": {
                    "description": "The decision, in the caller's language",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SubsidyDecision"}}},
                },
                "401": {"description": "Sign in first"},
                "404": {"description": "No such decision, or not the caller's business"},
            },
        }
    }
}
