"""What the schema says about tokens."""

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_PROBLEM_BODY = {"application/problem+json": {"schema": _PROBLEM}}

PATHS = {
    "/api/v1/auth/token/": {
        "post": {
            "operationId": "auth_token_create",
            "summary": "A bearer token for a user name (or mobile number) and password",
            "description": "Good for seven days; send it as `Authorization: Bearer …` under /api/. Rate-limited; five "
            "failures lock the name for 15 minutes.",
            "tags": ["auth"],
            "security": [],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}},
            },
            "responses": {
                "201": {
                    "description": "The token, shown once",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Token"}}},
                },
                "400": {"description": "The body does not fit", "content": _PROBLEM_BODY},
                "401": {"description": "Wrong name or password", "content": _PROBLEM_BODY},
                "429": {"description": "Too many attempts; see Retry-After", "content": _PROBLEM_BODY},
            },
        },
        "delete": {
            "operationId": "auth_token_end",
            "summary": "End the token that is sent along",
            "tags": ["auth"],
            "responses": {"204": {"description": "The token opens nothing any more"}},
        },
    }
}
SCHEMAS = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                },
            },
        },
    },
    "TokenRequest": {
        "type": "object",
        "additionalProperties": False,
        "required": ["username", "password"],
        "properties": {
            "username": {"type": "string", "maxLength": 64, "description": "User name or mobile number"},
            "password": {"type": "string", "maxLength": 128},
        },
    },
    "Token": {
        "type": "object",
        "required": ["token", "token_type", "expires_at"],
        "properties": {
            "token": {"type": "string"},
            "token_type": {"type": "string", "enum": ["Bearer"]},
            "expires_at": {"type": "string", "format": "date-time"},
        },
    },
}
