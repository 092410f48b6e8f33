"""Start-up checks: the local SMS channel stays in the demo, and the HTTP one has an address."""

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


@register()
def http_channel_has_an_address(_apps: Sequence[AppConfig] | None = None, **_options: object) -> list[CheckMessage]:
    """No error unless production would send SMS nowhere: nobody could register or sign in by code."""
    if channel_name() != "http" or settings.SMS_URL or not settings.SESSION_COOKIE_SECURE:
        return []
    return [
        Error(
            "SMS_CHANNEL=http has no SMS_URL: no one-time code would reach anybody.",
            hint="Set SMS_URL and SMS_KEY, or name an adapter of your own in SMS_CHANNEL (docs/adapters.md).",
            id="notices.E002",
        )
    ]
