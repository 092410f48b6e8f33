"""Pages and admin under WSGI workers (production), behind our own reverse proxy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.production")

pages: Callable[[dict[str, Any], Any], Iterable[bytes]] = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The pages, with REMOTE_ADDR as our proxy saw it: the last hop that it added itself."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
    if forwarded:
        environ["REMOTE_ADDR"] = forwarded.rpartition(",")[2].strip()
    return pages(environ, start_response)
