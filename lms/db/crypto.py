"""Encryption of personal fields, keyed blind indexes, and the platform's signature.

Formats: ciphertext `v1.<key id>.<base64url nonce+ciphertext+tag>` (AES-256-GCM, the purpose as associated data);
blind index = 64 hex digits of HMAC-SHA-256 over purpose and value; signature = Ed25519 as 128 hex digits.
Keys come from settings as hex digits of 32 bytes: the rings FIELD_KEYS and SIGNING_KEYS (key id -> key, the current
one first, older ones stay to read old data) and BLIND_INDEX_KEY.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


class UnableToDecrypt(ValueError):
    """The text is no ciphertext of ours, was altered, or its key is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An Ed25519 signature as hex digits, and the id of the key that made it."""

    key_id: str
    value: str


def encrypt_text(text: str, *, purpose: str) -> str:
    """A ciphertext of `text` under the current field key; the same text never encrypts to the same bytes twice."""
    nonce = os.urandom(_NONCE_BYTES)
    key_id = _current(settings.FIELD_KEYS)
    sealed = AESGCM(_field_key(key_id)).encrypt(nonce, text.encode(), purpose.encode())
    return f"v1.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt_text(ciphertext: str, *, purpose: str) -> str:
    """The text behind `ciphertext`. Raises UnableToDecrypt for anything that we did not seal for this purpose."""
    try:
        version, key_id, body = ciphertext.split(".", 2)
        raw = base64.urlsafe_b64decode(body)
        if version != "v1":
            raise UnableToDecrypt(version)
        return AESGCM(_field_key(key_id)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise UnableToDecrypt(purpose) from error


def blind_index(value: str, *, purpose: str) -> str:
    """A keyed fingerprint for equality search over an encrypted field; useless without our key."""
    key = bytes.fromhex(settings.BLIND_INDEX_KEY)
    return hmac.new(key, f"{purpose}\x00{value}".encode(), hashlib.sha256).hexdigest()


def sign(data: bytes) -> Signature:
    """The platform's signature over `data` with the current key."""
    key_id = _current(settings.SIGNING_KEYS)
    return Signature(key_id=key_id, value=_signing_key(key_id).sign(data).hex())


def verify(data: bytes, signature: Signature) -> bool:
    """Whether `signature` over `data` was made by one of the platform's keys."""
    if signature.key_id not in settings.SIGNING_KEYS:
        return False
    return verify_with(data, signature.value, _signing_key(signature.key_id).public_key().public_bytes_raw())


def verify_with(data: bytes, signature_hex: str, public_key: bytes) -> bool:
    """Whether an Ed25519 signature (hex) over `data` was made by the holder of a raw 32-byte public key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature_hex), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_keys() -> dict[str, str]:
    """The platform's public keys as hex digits by key id, for anybody who wants to verify without us."""
    return {key_id: _signing_key(key_id).public_key().public_bytes_raw().hex() for key_id in settings.SIGNING_KEYS}


def public_keys_pem() -> dict[str, str]:
    """The same keys as PEM (SubjectPublicKeyInfo), as `openssl` and every library reads them."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return {
        key_id: _signing_key(key_id).public_key().public_bytes(encoding, form).decode()
        for key_id in settings.SIGNING_KEYS
    }


def _current(ring: Mapping[str, str]) -> str:
    return next(iter(ring))


def _field_key(key_id: str) -> bytes:
    return bytes.fromhex(settings.FIELD_KEYS[key_id])


def _signing_key(key_id: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.SIGNING_KEYS[key_id]))
