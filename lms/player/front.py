"""The heartbeat door: a small ASGI app that stands before Django.

It parses, checks the sealed token, reads the server's clock, writes the message durably to the stream and answers 202
with the last that it knows. It looks at no cookie but the language, opens no session and asks no database.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec
import redis.asyncio as redis
import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import trans_real
from msgspec.structs import astuple
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from lms.player import wire
from lms.player.batcher import Batcher, StreamAway
from lms.player.board import Board
from lms.player.shards import settled_key, shard_of
from lms.player.token import Claims, TokenExpired, TokenInvalid, TokenKeys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

log = structlog.get_logger(__name__)
BODY_SECONDS = 15.0
_LANGUAGE = re.compile(rb"(?:^|;\s*)django_language=([A-Za-z-]{2,10})")
_encode = msgspec.json.Encoder().encode
_NOTHING_KNOWN = (
    b'{"accepted_seq":%b,"settled_seq":null,"credited_seconds":null,"pending_seconds":null,'
    b'"verdicts":null,"prompt":null}'
)
_JSON = (b"content-type", b"application/json")
_NO_STORE = (b"cache-control", b"no-store")


class Refusal(Exception):
    """The request is answered with a problem document."""

    def __init__(self, status: int, code: str, *, reason: str = "", retry_after: int = 0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


class Gone(Exception):
    """The client left before its message was whole."""


class Front:
    """The door's state in one process: its keys, its way to Valkey and its board. Bound to one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.client: redis.Redis = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=35,
            socket_connect_timeout=1,
            health_check_interval=15,
            retry=Retry(NoBackoff(), 1),
        )
        self.keys = TokenKeys(settings.PLAY_TOKEN_KEYS)
        self.shards: int = settings.PLAYER_SHARDS
        self.batcher = Batcher(self.client)
        self.board = Board(self.client)
        self.board.start()

    async def close(self) -> None:
        await self.board.close()
        await self.batcher.close()
        await self.client.aclose()

    async def accept(self, body: bytes, headers: Headers) -> bytes:
        """The answer to a heartbeat whose beats now stand in the stream. Raises Refusal."""
        message = _parse(body)
        received_ms = time.time_ns() // 1_000_000
        claims = self._claims(message.token, received_ms)
        session = claims.session
        ask = settled_key(session) if self.board.is_new(session) else None
        if message.beats or ask is not None:
            packed = _pack(message, claims, received_ms) if message.beats else None
            try:
                stored = await self.batcher.write(shard_of(claims.learner_id, self.shards), packed, ask)
            except StreamAway as error:
                raise Refusal(503, "beats_not_saved", retry_after=5) from error
            if ask is not None:
                self.board.remember(session, stored)
        return self._answer(message, session, headers)

    def _claims(self, token: str, now_ms: int) -> Claims:
        try:
            return self.keys.read(token, now_ms=now_ms)
        except TokenExpired as error:
            raise Refusal(403, "play_token_expired") from error
        except TokenInvalid as error:
            raise Refusal(403, "play_token_invalid") from error

    def _answer(self, message: wire.Heartbeats, session: bytes, headers: Headers) -> bytes:
        accepted = max([beat.seq for beat in message.beats]) if message.beats else None
        known = self.board.get(session)
        kind = self.board.prompt(session)
        check = self.board.check(session)
        if known is None and kind is None:
            return _NOTHING_KNOWN % (b"null" if accepted is None else b"%d" % accepted)
        answer: dict[str, object] = {
            "accepted_seq": accepted,
            "settled_seq": known.settled_seq if known else None,
            "credited_seconds": known.credited_seconds if known else None,
            "pending_seconds": known.pending_seconds if known else None,
            "verdicts": _verdicts(known),
            "prompt": _prompt(kind, check, headers),
        }
        return _encode(answer)


def _parse(body: bytes) -> wire.Heartbeats:
    try:
        return wire.heartbeats.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "invalid", reason=str(error)) from error


def _pack(message: wire.Heartbeats, claims: Claims, received_ms: int) -> bytes:
    """An `Arrival` as bytes; a beat's fields stand in the same order on both wires."""
    beats = [astuple(beat) for beat in message.beats]
    return wire.arrival_encoder.encode(
        (claims.session, claims.learner_id, received_ms, message.sent_ms, message.sent_boot, beats)
    )


def _prompt(kind: str | None, check: wire.CheckNews | None, headers: Headers) -> dict[str, object] | None:
    """What the page must show now. A presence check goes before the daily cap, which the page hears again later."""
    if check is None:
        return {"kind": kind, "text": _in_words(kind, headers)} if kind else None
    return {
        "kind": "presence",
        "text": _in_words("presence", headers),
        "id": check.check,
        "method": check.method,
        "deadline_s": check.answer_seconds,
    }


def _verdicts(known: wire.Settled | None) -> list[dict[str, object]] | None:
    if known is None or known.verdicts is None:
        return None
    return [{"boot": boot, "seq": seq, "verdict": verdict} for boot, seq, verdict in known.verdicts]


# --- the ASGI face ---------------------------------------------------------------------
_front: Front | None = None


def current() -> Front:
    """The front of the running event loop, made on first use."""
    global _front  # noqa: PLW0603  one per process; tests run several loops one after another
    if _front is None or _front.loop is not asyncio.get_running_loop():
        _front = Front()
    return _front


async def startup() -> None:
    current()


async def shutdown() -> None:
    global _front  # noqa: PLW0603  see `current`
    if _front is not None and _front.loop is asyncio.get_running_loop():
        await _front.close()
    _front = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers `POST /api/v1/heartbeats/`; every refusal is a problem document in the caller's language."""
    try:
        answer = await _answer_to(scope, receive)
    except Gone:
        return
    except Refusal as refusal:
        await _refuse(refusal, scope, send)
    except Exception:
        log.exception("heartbeat_failed")
        await _refuse(Refusal(503, "beats_not_saved", retry_after=5), scope, send)
    else:
        await _respond(send, 202, answer, (_JSON, _NO_STORE))


async def _answer_to(scope: Scope, receive: Receive) -> bytes:
    if scope["method"] != "POST":
        raise Refusal(405, "method_not_allowed")
    body = await _read_body(scope["headers"], receive)
    return await current().accept(body, scope["headers"])


async def _read_body(headers: Headers, receive: Receive) -> bytes:
    for name, value in headers:
        if name == b"content-length" and not _fits(value):
            raise Refusal(413, "too_large")
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _checked(bytes(message.get("body", b"")))
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_rest(message, receive)
    except TimeoutError as error:
        raise Refusal(408, "too_slow") from error


def _fits(length: bytes) -> bool:
    return length.isdigit() and len(length) < 10 and int(length) <= wire.LARGEST_BODY


async def _read_rest(message: MutableMapping[str, Any], receive: Receive) -> bytes:
    body = b""
    while True:
        if message["type"] != "http.request":
            raise Gone
        body = _checked(body + message.get("body", b""))
        if not message.get("more_body"):
            return body
        message = await receive()


def _checked(body: bytes) -> bytes:
    if len(body) > wire.LARGEST_BODY:
        raise Refusal(413, "too_large")
    return body


async def _respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


# --- words -----------------------------------------------------------------------------
async def _refuse(refusal: Refusal, scope: Scope, send: Send) -> None:
    with translation.override(_language(scope["headers"])):
        title, detail = _words(refusal)
    body = _encode(
        {
            "type": f"/problems/{refusal.code}",
            "title": title,
            "status": refusal.status,
            "code": refusal.code,
            "detail": detail,
            "instance": scope["path"],
        }
    )
    extra = [(b"retry-after", str(refusal.retry_after).encode())] if refusal.retry_after else []
    if refusal.status == 405:
        extra.append((b"allow", b"POST"))
    await _respond(send, refusal.status, body, ((b"content-type", b"application/problem+json"), _NO_STORE, *extra))


def _words(refusal: Refusal) -> tuple[str, str]:
    words = {
        "invalid": (
            _("The heartbeat does not fit"),
            _("The heartbeat can't be read: %(reason)s") % {"reason": refusal.reason},
        ),
        "play_token_invalid": (
            _("This play session is not known"),
            _("The token was not issued here. Open the lesson again to go on."),
        ),
        "play_token_expired": (
            _("This play session has run out"),
            _("A play session is good for 12 hours. Open the lesson again to go on; nothing counted is lost."),
        ),
        "beats_not_saved": (
            _("Not saved yet"),
            _(
                "The server can't save right now. Keep the beats and send them again; "
                "time within 10 minutes still counts."
            ),
        ),
        "too_large": (_("The request is too large"), _("Send at most 200 beats and 64 KiB at once.")),
        "too_slow": (_("The request took too long"), _("Send the heartbeat again.")),
        "method_not_allowed": (_("Only POST is answered here"), _("Send heartbeats with POST.")),
    }
    return words[refusal.code]


def _in_words(kind: str, headers: Headers) -> str:
    with translation.override(_language(headers)):
        words = {
            "superseded": _("You opened another lesson or another device. Only the newest one counts."),
            "finished": _("This play session is over."),
            "check_failed": _(
                "Two checks in a row were missed, so counting has stopped here. "
                "Press play to go on; watch the marked minutes again."
            ),
            "presence": _("Still learning?"),
            "daily_cap": _("Today's limit is reached. You can go on watching; it counts again from tomorrow."),
        }
    return words.get(kind, kind)


def _language(headers: Headers) -> str:
    """The caller's language: the cookie of the language switch, else Accept-Language, else the platform's own."""
    accept = b""
    for name, value in headers:
        if name == b"cookie" and (match := _LANGUAGE.search(value)):
            return _supported(match[1].decode()) or settings.LANGUAGE_CODE
        if name == b"accept-language":
            accept = value[:200]
    for wanted, _quality in trans_real.parse_accept_lang_header(accept.decode("latin-1").lower()):
        if found := _supported(wanted):
            return found
    return settings.LANGUAGE_CODE


def _supported(wanted: str) -> str | None:
    try:
        return translation.get_supported_language_variant(wanted)
    except LookupError:
        return None
