"""Who confirms that a name and an ID number belong together. The protocol is in docs/adapters.md."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from lms.accounts.identity.base import IdentityAdapter

_SHIPPED = {
    "local": "lms.accounts.identity.local.LocalRegister",
    "failing": "lms.accounts.identity.failing.FailingAdapter",
}


def identity_adapter() -> IdentityAdapter:
    """The adapter that the setting IDENTITY_ADAPTER names: a shipped one or the dotted path of another."""
    named = str(getattr(settings, "IDENTITY_ADAPTER", "local"))
    adapter: IdentityAdapter = import_string(_SHIPPED.get(named, named))()
    return adapter
