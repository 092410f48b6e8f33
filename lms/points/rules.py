"""How long a visit counts. Pure: instants in, instants out."""

from __future__ import annotations

from datetime import datetime, timedelta

ASK_WITHIN = timedelta(minutes=15)
MOST_TRIES = 5


def proof_due(last_proof_at: datetime, *, proof_seconds: int) -> datetime:
    """Until when the next proof must come."""
    return last_proof_at + timedelta(seconds=proof_seconds)


def is_forgotten(last_proof_at: datetime, now: datetime, *, proof_seconds: int) -> bool:
    """Whether the visit is over because nobody proved it for too long."""
    return now > proof_due(last_proof_at, proof_seconds=proof_seconds)


def asked_too_long_ago(asked_at: datetime, now: datetime) -> bool:
    """Whether a wish to be checked in is stale: the person may have gone."""
    return now > asked_at + ASK_WITHIN


def counted_span(
    in_at: datetime, last_proof_at: datetime, *, from_at: datetime, to_at: datetime
) -> tuple[datetime, datetime] | None:
    """What of [check-in, last proof] lies inside [from_at, to_at); None where nothing does."""
    start, end = max(in_at, from_at), min(last_proof_at, to_at)
    return (start, end) if start < end else None
