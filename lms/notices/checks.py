"""A start-up check: the local SMS channel shows codes to everybody who opens its page, so it stays in the demo."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from lms.notices.sms import channel_name


@register()
def local_channel_only_in_demo(_apps: Sequence[AppConfig] | None = None, **_options: object) -> list[CheckMessage]:
    """No error unless production would send SMS to the local log."""
    if channel_name() != "local" or settings.DEMO or not settings.SESSION_COOKIE_SECURE:
        return []
    return [
        Error(
            "SMS_CHANNEL=local writes one-time codes to a page and is for the demo only.",
            hint="Set SMS_CHANNEL=http with SMS_URL and SMS_KEY (docs/adapters.md).",
            id="notices.E001",
        )
    ]
