"""Who carries a text to a mobile number. The protocol is in docs/adapters.md."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from lms.notices.sms.base import SmsAdapter

_SHIPPED = {
    "local": "lms.notices.sms.local.LocalSms",
    "failing": "lms.notices.sms.failing.FailingSms",
    "http": "lms.notices.sms.http.HttpSms",
}


def channel_name() -> str:
    """Which adapter the setting SMS_CHANNEL names."""
    return str(getattr(settings, "SMS_CHANNEL", "local"))


def sms_adapter() -> SmsAdapter:
    """The adapter in force: a shipped one or the dotted path of another."""
    named = channel_name()
    adapter: SmsAdapter = import_string(_SHIPPED.get(named, named))()
    return adapter
