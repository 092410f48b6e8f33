"""What the schema says about playing: the heartbeat door stands before Django, so it is written by hand."""

from __future__ import annotations

from typing import Any

import msgspec

from lms.player.views import AnswerCheck, ChangeMethod, OpenPlaySession, RequestCheck
from lms.player.wire import Heartbeats

_CHECK = {"name": "check", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
_SESSION = {"name": "session", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _refusals(**codes: str) -> dict[str, Any]:
    return {
        code.removeprefix("s"): {
            "description": words,
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
        for code, words in codes.items()
    }


def _object(description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": description, "required": list(properties), "properties": properties}


_WHOLE: dict[str, Any] = {"type": "integer"}
_MAYBE: dict[str, Any] = {"type": "integer", "nullable": True}
_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE_TEXT: dict[str, Any] = {"type": "string", "nullable": True}
_SPANS: dict[str, Any] = {
    "type": "array",
    "description": "Half-open spans of the video in seconds",
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
}


def _check_path(operation: str, summary: str, body: str, **refusals: str) -> dict[str, Any]:
    """One thing that a page does with a presence check; every answer gives the check as it stands now."""
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "tags": ["player"],
            "parameters": [_SESSION, _CHECK],
            **({"requestBody": {"required": True, "content": _json(body)}} if body else {}),
            "responses": {
                "200": {"description": "The question, or the outcome", "content": _json("PresenceCheck")},
                **_refusals(
                    **({"s400": "The body does not fit"} if body else {}),
                    s401="Sign in first",
                    s404="Not your session, or no such check",
                    s429="Too many at once; see Retry-After",
                    **refusals,
                ),
            },
        }
    }


PATHS: dict[str, Any] = {
    "/api/v1/play-sessions/": {
        "post": {
            "operationId": "play_session_open",
            "summary": "Open a video unit: take the learning clock, get a token for heartbeats",
            "description": "Any older play session of the learner is superseded from this moment. `notices` say what "
            "keeps time from counting (dates of the class, daily cap); they never stop the picture.",
            "tags": ["player"],
            "requestBody": {"required": True, "content": _json("OpenPlaySession")},
            "responses": {
                "201": {"description": "The session", "content": _json("PlaySession")},
                **_refusals(
                    s400="The body does not fit",
                    s401="Sign in first",
                    s404="Not your enrolment, or no such unit",
                    s409="No video, or it is still being prepared",
                    s429="Too many at once; see Retry-After",
                ),
            },
        }
    },
    "/api/v1/heartbeats/": {
        "post": {
            "operationId": "heartbeats",
            "summary": "Report closed stretches of watching",
            "description": "Each beat is judged alone and bounded by the server's clock, so order, repetition and loss "
            "can't raise the credit; it is safe to repeat. Answered before Django: only the token in the body counts. "
            "`text/plain` is taken too, for sendBeacon. Keep each beat until `seq <= settled_seq`.",
            "tags": ["player"],
            "security": [],
            "requestBody": {
                "required": True,
                "content": {**_json("Heartbeats"), "text/plain": {"schema": _ref("Heartbeats")}},
            },
            "responses": {
                "202": {
                    "description": "Saved; figures are null where not known yet",
                    "content": _json("HeartbeatAnswer"),
                },
                **_refusals(
                    s400="Unreadable, an unknown field, a wrong type",
                    s403="The token is foreign, altered or stale",
                    s405="Only POST",
                    s408="The body came too slowly",
                    s413="More than 64 KiB",
                    s503="Not saved; keep the beats and try again after Retry-After",
                ),
            },
        }
    },
    "/api/v1/play-sessions/{session}/progress/": {
        "get": {
            "operationId": "play_session_progress",
            "summary": "What counts already of the session's video, and why the rest does not",
            "tags": ["player"],
            "parameters": [_SESSION],
            "responses": {
                "200": {"description": "The progress", "content": _json("PlayProgress")},
                **_refusals(s401="Sign in first", s404="Not your session"),
            },
        }
    },
    "/api/v1/play-sessions/{session}/checks/": {
        "post": {
            "operationId": "presence_check_request",
            "summary": "Ask for a presence check: to confirm what waits, or because nobody has touched the page",
            "description": "An open check is given again. Asking can lower the credit, never raise it.",
            "tags": ["player"],
            "parameters": [_SESSION],
            "requestBody": {"required": True, "content": _json("RequestCheck")},
            "responses": {
                "200": {"description": "The check that waits to be shown", "content": _json("Prompt")},
                **_refusals(
                    s400="The body does not fit",
                    s401="Sign in first",
                    s404="Not your session",
                    s409="Nothing waits, the class has no checks, or the session or the make-up days are over",
                    s429="Too many at once; see Retry-After",
                ),
            },
        }
    },
    "/api/v1/play-sessions/{session}/checks/{check}/shown/": _check_path(
        "presence_check_shown",
        "The check is on the screen from now on: its time runs, and here is what is asked",
        "",
        s409="The code could not be sent by SMS; change the method",
    ),
    "/api/v1/play-sessions/{session}/checks/{check}/": _check_path(
        "presence_check_answer",
        "Answer the current round; repeating an answer changes nothing",
        "AnswerCheck",
        s409="Show the check first",
    ),
    "/api/v1/play-sessions/{session}/checks/{check}/method/": _check_path(
        "presence_check_method",
        "Answer another way that the class allows",
        "ChangeMethod",
        s409="Not allowed here, not shown yet, or the code could not be sent",
    ),
    "/api/v1/presence-checks/{check}/confirm/": {
        "post": {
            "operationId": "presence_check_supervise",
            "summary": "The named supervisor of the learner confirms the check that waits for it",
            "tags": ["player"],
            "parameters": [_CHECK],
            "responses": {
                "200": {"description": "The outcome", "content": _json("PresenceCheck")},
                **_refusals(s401="Sign in first", s404="No such check, or not your learner", s429="See Retry-After"),
            },
        }
    },
    "/api/v1/play-sessions/{session}/playback/": {
        "get": {
            "operationId": "play_session_playback",
            "summary": "Fresh addresses of the session's video, for its learner alone",
            "tags": ["player"],
            "parameters": [_SESSION],
            "responses": {
                "200": {"description": "The addresses", "content": _json("Playback")},
                **_refusals(s401="Sign in first", s404="Not your session", s409="The video is not ready"),
            },
        }
    },
}

_STRUCTS = msgspec.json.schema_components(
    [OpenPlaySession, Heartbeats, RequestCheck, AnswerCheck, ChangeMethod], ref_template="#/components/schemas/{name}"
)[1]

SCHEMAS: dict[str, Any] = {
    **_STRUCTS,
    "PlaySession": _object(
        "An open play session. Times in seconds; `token` is good until `expires_at`.",
        session={"type": "string", "format": "uuid"},
        token=_TEXT,
        expires_at={"type": "string", "format": "date-time"},
        next_seq=_WHOLE,
        heartbeat_seconds=_WHOLE,
        resume_position=_WHOLE,
        duration_seconds=_WHOLE,
        max_rate={"type": "number"},
        today_left_seconds=_WHOLE,
        notices={"type": "array", "items": _object("What keeps time from counting", code=_TEXT, text=_TEXT)},
        prompt={"nullable": True, "allOf": [_ref("Prompt")]},
        playback=_ref("Playback"),
    ),
    "Playback": _object(
        "Signed addresses of one video for one learner.",
        master_url=_TEXT,
        native_url=_MAYBE_TEXT,
        poster_url=_MAYBE_TEXT,
        captions_url=_MAYBE_TEXT,
        captions_language=_MAYBE_TEXT,
        expires_at={"type": "string", "format": "date-time"},
    ),
    "HeartbeatAnswer": _object(
        "The last that this server process knows; null = not known yet.",
        accepted_seq=_MAYBE,
        settled_seq=_MAYBE,
        credited_seconds=_MAYBE,
        pending_seconds=_MAYBE,
        verdicts={
            "type": "array",
            "nullable": True,
            "items": _object("What became of a beat", boot=_TEXT, seq=_WHOLE, verdict=_TEXT),
        },
        prompt={"nullable": True, "allOf": [_ref("Prompt")]},
    ),
    "Prompt": {
        "type": "object",
        "description": "What the page must tell: `superseded`, `check_failed`, `daily_cap`, or `presence` with the "
        "check to show (POST …/checks/{id}/shown/).",
        "required": ["kind", "text"],
        "properties": {
            "kind": _TEXT,
            "text": _TEXT,
            "id": {"type": "string", "format": "uuid"},
            "method": _TEXT,
            "deadline_s": _WHOLE,
        },
    },
    "PresenceCheck": {
        "type": "object",
        "description": "A presence check. While `result` is null, `round` and what is asked are given: `click_code` "
        "shows `code` and takes one of `choices`; `sms_code` takes the code sent; `camera` takes a JPEG in base64; "
        "`supervised` waits for the supervisor. `notice` says why the round is a new one.",
        "required": ["id", "result"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "result": {"type": "string", "nullable": True, "enum": ["passed", "failed", "lapsed", None]},
            "text": _TEXT,
            "kind": _TEXT,
            "method": _TEXT,
            "round": _WHOLE,
            "code": _TEXT,
            "choices": {"type": "array", "items": _TEXT},
            "others": {"type": "array", "items": _TEXT},
            "seconds_left": _WHOLE,
            "spoken": {"type": "boolean"},
            "notice": {"type": "string", "enum": ["", "wrong", "too_quick", "cannot_say"]},
        },
    },
    "PlayProgress": _object(
        "What counts already of a video. Spans in seconds of the video.",
        credited=_SPANS,
        pending=_SPANS,
        refused={
            "type": "array",
            "items": _object(
                "A part that did not count",
                **{"from": {"type": "number"}, "to": {"type": "number"}, "reason": _TEXT, "text": _TEXT},
            ),
        },
        credited_seconds=_WHOLE,
        pending_seconds=_WHOLE,
        unconfirmed_seconds=_WHOLE,
        prompt={"nullable": True, "allOf": [_ref("Prompt")]},
        unit_seconds=_WHOLE,
        today_left_seconds=_WHOLE,
        modes={
            "type": "array",
            "items": _object("One hour kind", mode=_TEXT, credited_seconds=_WHOLE, required_seconds=_WHOLE),
        },
        settled_seq=_MAYBE,
        closed=_MAYBE_TEXT,
    ),
}
