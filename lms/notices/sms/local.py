from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lms.notices.models import LocalMessage


class LocalSms:
    """Keeps the text for the demo's log page instead of sending it."""

    code = "local"

    def send(self, *, mobile: str, text: str, key: UUID, now: datetime) -> str:
        row, _made = LocalMessage.objects.get_or_create(
            idempotency_key=key, defaults={"mobile": mobile, "text": text, "at": now}
        )
        return f"local-{row.pk}"
