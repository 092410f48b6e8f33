"""What crosses the door of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about. Each has its words in texts.py."""

    CREDIT_REFUSED = "credit_refused"
    RECORD_ISSUED = "record_issued"
    RECORD_REVOKED = "record_revoked"
    DECISION_MADE = "decision_made"
    CLAIM_SUBMITTED = "claim_submitted"
    CLAIM_DECIDED = "claim_decided"
    ENROLLED = "enrolled"
    MOBILE_REPLACED = "mobile_replaced"
    MOBILE_TAKEN_OVER = "mobile_taken_over"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PRACTICE_MISSING_SIGNOUT = "practice_missing_signout"
    TICKET_ANSWERED = "ticket_answered"
    UPLOAD_FAILED = "upload_failed"
    APPEAL_WAITS = "appeal_waits"
    APPEAL_ANSWERED = "appeal_answered"
    APPEAL_MOVED = "appeal_moved"


class Channel(StrEnum):
    INBOX = "inbox"
    SMS = "sms"
    MAIL = "mail"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """One notice as its reader sees it. `link` is a path on this site, or empty."""

    notice_id: int
    kind: NoticeKind
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceLine:
    """Whether a kind goes out by SMS and mail. `fixed`: the person can't turn it off, because safety hangs on it."""

    kind: NoticeKind
    label: str
    sms: bool
    mail: bool
    fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """What one round of deliveries came to."""

    sent: int
    retried: int
    given_up: int


class UnableToSend(ConnectionError):
    """The provider did not take the message. Nothing was promised to anybody."""


class UnableToWord(ValueError):
    """A notice lacks a parameter that its words need, or leads to another site."""
