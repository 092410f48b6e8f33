"""Catalogue pages for people without a session: rendered once a minute, then handed out as they are.

A visitor's page depends only on its address, the language and the size of type; it carries no token and no name. So
the same bytes serve every visitor, with an ETag for those who come back. A published change shows at once.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from wagtail.views import serve

SECONDS = 60
_STAMP = "courses.stamp"
_QUESTIONS = frozenset({"subject", "occupation", "level", "mode", "pays", "page"})
_LONGEST_ADDRESS = 300


@require_safe
def catalogue(request: HttpRequest, path: str) -> HttpResponseBase:
    """The page under /courses/ for anybody; for visitors from the cache where it can be."""
    key = _key(request)
    if key is None:
        whole: HttpResponseBase = serve(request, path)
        return whole
    kept = cache.get(key)
    if kept is None:
        request.request_id = ""  # type: ignore[attr-defined]  # the next visitor's page must not carry this one's
        rendered: Any = serve(request, path)
        if rendered.status_code != 200:
            return rendered  # type: ignore[no-any-return]
        body = rendered.render().content if hasattr(rendered, "render") else rendered.content
        kept = (body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        cache.set(key, kept, SECONDS)
    body, etag = kept
    answer = HttpResponse(body)
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ("Cookie", "Accept-Language"))
    return get_conditional_response(request, etag=etag, response=answer) or answer


def forget_pages() -> None:
    """Once the transaction commits, no visitor is given a page from before it."""
    transaction.on_commit(lambda: cache.set(_STAMP, cache.get(_STAMP, 0) + 1, None))


def _key(request: HttpRequest) -> str | None:
    """Where the page is kept, or None for a request whose answer is its own."""
    if request.method not in ("GET", "HEAD") or len(request.get_full_path()) > _LONGEST_ADDRESS:
        return None
    if settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES:
        return None
    if request.GET and not set(request.GET) <= _QUESTIONS:
        return None  # words of a search would fill the cache with answers that nobody asks for again
    large = request.COOKIES.get("large_type") == "1"
    parts = (request.get_host(), request.get_full_path(), get_language() or "", large, cache.get(_STAMP, 0))
    return f"courses.page.{hashlib.sha256(repr(parts).encode()).hexdigest()}"
