"""What the schema says about uploads and playback."""

from __future__ import annotations

from typing import Any

import msgspec

from media.data import MediaError, MediaState
from media.views.uploads import ArrivedParts, NewUpload, PartNumbers


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _path(name: str, description: str, **schema: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def _refusals(**words: str) -> dict[str, Any]:
    return {
        status.removeprefix("s"): {
            "description": text,
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        }
        for status, text in words.items()
    }


def _operation(name: str, summary: str, *, answers: dict[str, Any], body: str = "") -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "tags": ["media"], "responses": answers}
    if body:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


_UPLOAD = _path("upload", "The upload's id", type="string", format="uuid")
_HIDDEN = _refusals(s401="Sign in first", s404="No such upload of yours, or you are no trainer")
_SLOT = {"description": "The open upload; parts in `parts_done` need no repeat", "content": _json("UploadSlot")}
_MEDIA = {"description": "The video", "content": _json("Media")}

PATHS: dict[str, Any] = {
    "/api/v1/media/uploads/": {
        "post": _operation(
            "media_upload_start",
            "Open an upload, or go on with the unfinished one of the same file",
            body="NewUpload",
            answers={
                "201": _SLOT,
                "200": _SLOT,
                **_HIDDEN,
                **_refusals(s400="The body does not fit", s422="Empty, too large or nameless", s503="Store is away"),
            },
        )
    },
    "/api/v1/media/uploads/{upload}/": {
        "parameters": [_UPLOAD],
        "get": _operation("media_upload_read", "Which parts have arrived", answers={"200": _SLOT, **_HIDDEN}),
        "delete": _operation(
            "media_upload_remove", "Give the upload up", answers={"204": {"description": "Gone"}, **_HIDDEN}
        ),
    },
    "/api/v1/media/uploads/{upload}/parts/": {
        "parameters": [_UPLOAD],
        "post": _operation(
            "media_upload_sign",
            "Addresses to PUT parts to; keep each answer's ETag",
            body="PartNumbers",
            answers={"200": {"description": "One URL per part", "content": _json("SignedParts")}, **_HIDDEN},
        ),
    },
    "/api/v1/media/uploads/{upload}/complete/": {
        "parameters": [_UPLOAD],
        "post": _operation(
            "media_upload_finish",
            "All parts are sent: the video waits to be packaged",
            body="ArrivedParts",
            answers={"202": _MEDIA, **_HIDDEN, **_refusals(s422="Parts are missing or differ")},
        ),
    },
    "/api/v1/media/{media}/": {
        "parameters": [_path("media", "The video's id", type="string", format="uuid")],
        "get": _operation("media_read", "State and progress of one's own video", answers={"200": _MEDIA, **_HIDDEN}),
    },
    "/api/v1/playback/{token}/{file}": {
        "parameters": [
            _path("token", "The learner's ticket", type="string"),
            _path("file", "master.m3u8, native.m3u8, captions.vtt, poster.jpg and what they name", type="string"),
        ],
        "get": _operation(
            "media_play",
            "Playlists with presigned segments, captions, poster: for the ticket's learner until it ends",
            answers={
                "200": {
                    "description": "The file",
                    "content": {"application/vnd.apple.mpegurl": {"schema": {"type": "string"}}},
                },
                "302": {"description": "A fresh presigned address of one segment (native players)"},
                **_refusals(s403="Ended, changed, or another person's ticket"),
            },
        ),
    },
}

_PART = {
    "type": "object",
    "required": ["number", "etag", "size"],
    "properties": {"number": {"type": "integer"}, "etag": {"type": "string"}, "size": {"type": "integer"}},
}
SCHEMAS: dict[str, Any] = {
    **msgspec.json.schema_components(
        (NewUpload, PartNumbers, ArrivedParts), ref_template="#/components/schemas/{name}"
    )[1],
    "UploadSlot": {
        "type": "object",
        "required": ["upload", "part_size", "parts_total", "parts_done"],
        "properties": {
            "upload": {"type": "string", "format": "uuid"},
            "part_size": {"type": "integer", "description": "Bytes of every part but the last"},
            "parts_total": {"type": "integer"},
            "parts_done": {"type": "array", "items": _PART},
        },
    },
    "SignedParts": {
        "type": "object",
        "required": ["urls", "expires_seconds"],
        "properties": {
            "urls": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"number": {"type": "integer"}, "url": {"type": "string", "format": "uri"}},
                },
            },
            "expires_seconds": {"type": "integer"},
        },
    },
    "Media": {
        "type": "object",
        "properties": {
            "media": {"type": "string", "format": "uuid"},
            "title": {"type": "string"},
            "state": {"type": "string", "enum": [state.value for state in MediaState]},
            "state_text": {"type": "string"},
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "duration_ms": {"type": "integer", "description": "True length of the packaged video; 0 until ready"},
            "error": {"type": "string", "nullable": True, "enum": [*(error.value for error in MediaError), None]},
            "error_text": {"type": "string"},
        },
    },
}
