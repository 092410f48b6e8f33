from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class SmsAdapter(Protocol):
    """One provider of short messages."""

    code: str

    def send(self, *, mobile: str, text: str, key: UUID, now: datetime) -> str:
        """The provider has taken the text; its receipt. The same `key` again must not send twice.

        Raises UnableToSend within five seconds when the provider did not take it or did not answer.
        """
        ...
