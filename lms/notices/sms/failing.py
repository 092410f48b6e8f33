from __future__ import annotations

from datetime import datetime
from typing import NoReturn
from uuid import UUID

from lms.notices.data import UnableToSend


class FailingSms:
    """A provider that takes nothing, so that the failure is rehearsed."""

    code = "failing"

    def send(self, *, mobile: str, text: str, key: UUID, now: datetime) -> NoReturn:
        raise UnableToSend("the failing channel takes no message")
