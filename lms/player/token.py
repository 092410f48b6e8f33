"""The play token: what the front must know of a session, sealed, so that it needs to look nothing up.

Form: base64(msgpack claims + 16 bytes of keyed BLAKE2b over them). The keys are the ring PLAY_TOKEN_KEYS, the
current one first; older ones stay valid until their tokens have run out.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

LIFETIME = timedelta(hours=12)
_MAC_BYTES = 16


class Claims(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a token says. `expires_s` in seconds since 1970; `session` are the 16 bytes of its UUID."""

    key_id: str
    session: bytes
    learner_id: int
    enrolment_id: int
    unit_key: str
    unit_ms: int
    expires_s: int


class TokenInvalid(ValueError):
    """No token of ours, or an altered one."""


class TokenExpired(ValueError):
    """The token was ours and has run out."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Claims).decode


class TokenKeys:
    """Seals and reads tokens under a ring of keys (key id -> 32 bytes as hex)."""

    def __init__(self, ring: Mapping[str, str]) -> None:
        self._keys = {key_id: bytes.fromhex(value) for key_id, value in ring.items()}
        self._current = next(iter(ring))

    def seal(
        self, *, session: UUID, learner_id: int, enrolment_id: int, unit_key: str, unit_ms: int, expires_at: datetime
    ) -> str:
        """A token for the session that is good until `expires_at`."""
        body = _encode(
            Claims(
                self._current, session.bytes, learner_id, enrolment_id, unit_key, unit_ms, int(expires_at.timestamp())
            )
        )
        return binascii.b2a_base64(body + self._mac(self._current, body), newline=False).decode()

    def read(self, token: str, *, now_ms: int) -> Claims:
        """The claims of a token of ours. Raises TokenInvalid or TokenExpired."""
        try:
            raw = binascii.a2b_base64(token, strict_mode=True)
            body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
            claims = _decode(body)
            right = self._mac(claims.key_id, body)
        except (binascii.Error, ValueError, KeyError, msgspec.DecodeError) as error:
            raise TokenInvalid from error
        if not hmac.compare_digest(mac, right):
            raise TokenInvalid
        if now_ms >= claims.expires_s * 1000:
            raise TokenExpired
        return claims

    def _mac(self, key_id: str, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._keys[key_id], digest_size=_MAC_BYTES, person=b"zp-play-token").digest()
