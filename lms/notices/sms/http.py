"""A provider reached by HTTP: POST JSON {"mobile", "text"} with a bearer key and an Idempotency-Key header."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime
from uuid import UUID

from django.conf import settings

from lms.notices.data import UnableToSend

_TIMEOUT_SECONDS = 5
_LONGEST_ANSWER = 10_000


class HttpSms:
    code = "http"

    def send(self, *, mobile: str, text: str, key: UUID, now: datetime) -> str:
        url = str(settings.SMS_URL)
        if not url.startswith(("https://", "http://")):
            raise UnableToSend("SMS_URL is not set")
        request = urllib.request.Request(  # noqa: S310  the scheme is checked above
            url,
            data=json.dumps({"mobile": mobile, "text": text}, ensure_ascii=False).encode(),
            headers={
                "Authorization": f"Bearer {settings.SMS_KEY}",
                "Content-Type": "application/json; charset=utf-8",
                "Idempotency-Key": str(key),
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  as above
                body = answer.read(_LONGEST_ANSWER)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise UnableToSend(f"the provider did not take the message: {type(error).__name__}") from error
        return _receipt(body)


def _receipt(body: bytes) -> str:
    try:
        answer = json.loads(body or b"{}")
    except ValueError:
        return ""
    return str(answer.get("id", ""))[:100] if isinstance(answer, dict) else ""
