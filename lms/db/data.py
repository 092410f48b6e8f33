from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One announcement to be carried on. `key` holds ids only, never personal data."""

    item_id: int
    topic: str
    key: str
    occurred_at: datetime
    attempts: int
