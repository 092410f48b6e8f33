"""The portal's endpoint in the OpenAPI document."""

from __future__ import annotations

from typing import Any

PATHS: dict[str, Any] = {
    "/api/v1/subsidy/preview/": {
        "post": {
            "operationId": "previewSubsidy",
            "tags": ["subsidy"],
            "summary": "What could be paid for an enrolment now, with every clause; nothing is stored",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["enrolment"],
                            "properties": {"enrolment": {"type": "integer"}},
                        }
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "one decision per programme that could pay",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["decisions"],
                                "properties": {"decisions": {"type": "array", "items": {"type": "object"}}},
                            }
                        }
                    },
                },
                "404": {"description": "no such enrolment, or not yours"},
            },
        }
    }
}
SCHEMAS: dict[str, Any] = {}
