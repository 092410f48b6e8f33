"""One byte string per value, so that hashes and signatures mean the same everywhere.

The form follows RFC 8785 (JSON canonicalisation) for the values we allow: objects with text keys in code-unit order,
arrays, text, integers, booleans and null. Floats are refused: they have no place in hours or money.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

SALT_BYTES = 32
JSONValue: TypeAlias = "bool | int | str | Sequence[JSONValue] | Mapping[str, JSONValue] | None"


def canonical_bytes(value: JSONValue) -> bytes:
    """The UTF-8 bytes that stand for `value`. Raises TypeError for a float, a non-text key or a foreign type."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def digest(value: JSONValue) -> str:
    """The SHA-256 of the canonical bytes, as 64 lower-case hex digits."""
    return sha256_hex(canonical_bytes(value))


def commitment(value: JSONValue, *, salt: str) -> str:
    """What sealed content holds instead of a personal value (form "commitment/1"): SHA-256 over the form's name, a zero
    byte, the salt's 32 bytes and the value's canonical bytes. While value and salt are known anybody can check it;
    once both are erased nobody can confirm a guess. Raises ValueError for a salt of another length.
    """
    raw = bytes.fromhex(salt)
    if len(raw) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(raw)}")
    return sha256_hex(b"commitment/1\x00" + raw + canonical_bytes(value))


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of raw bytes, as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def _ordered(value: JSONValue) -> JSONValue:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_code_units)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _code_units(key: object) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"object keys are text, not {type(key).__name__}")
    return key.encode("utf-16-be", "surrogatepass")
