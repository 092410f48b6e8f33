"""The codes on the base's screen and the tickets that a scan earns: keyed hashes, nothing stored."""

from __future__ import annotations

import hmac

from lms.db.api import blind_index
from lms.practice.data import CodeKind
from lms.practice.rules import CodeParts, TicketParts

_SEAL_LENGTH = 32


def make_code(session_id: int, secret: str, kind: CodeKind, window: int) -> str:
    """The code of the QR picture in one window."""
    return f"{session_id}.{kind}.{window}.{_code_mac(session_id, secret, kind, window)[:_SEAL_LENGTH]}"


def make_digits(session_id: int, secret: str, kind: CodeKind, window: int) -> str:
    """The six digits that stand beside the QR picture in one window."""
    return f"{int(_code_mac(session_id, secret, kind, window)[_SEAL_LENGTH:], 16) % 1_000_000:06d}"


def code_is_ours(parts: CodeParts, secret: str) -> bool:
    """Whether we made this code for the session that has this secret."""
    seal = _code_mac(parts.session_id, secret, parts.kind, parts.window)[:_SEAL_LENGTH]
    return hmac.compare_digest(seal, parts.seal)


def make_ticket(session_id: int, secret: str, kind: CodeKind, learner_id: int, issued_ms: int) -> str:
    """What a learner who has just shown a fresh code may confirm with."""
    seal = _ticket_mac(session_id, secret, kind, learner_id, issued_ms)
    return f"{session_id}.{kind}.{learner_id}.{issued_ms}.{seal}"


def ticket_is_ours(parts: TicketParts, secret: str) -> bool:
    """Whether we gave this ticket to this learner."""
    seal = _ticket_mac(parts.session_id, secret, parts.kind, parts.learner_id, parts.issued_ms)
    return hmac.compare_digest(seal, parts.seal)


def _code_mac(session_id: int, secret: str, kind: CodeKind, window: int) -> str:
    return blind_index(f"{session_id}|{secret}|{kind}|{window}", purpose="practice.code")


def _ticket_mac(session_id: int, secret: str, kind: CodeKind, learner_id: int, issued_ms: int) -> str:
    text = f"{session_id}|{secret}|{kind}|{learner_id}|{issued_ms}"
    return blind_index(text, purpose="practice.ticket")[:_SEAL_LENGTH]
