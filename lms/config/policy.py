"""Content security policy by path: strict everywhere, looser where a third-party desk needs it."""

from __future__ import annotations

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

# Wagtail's admin and the API browser carry inline styles and scripts of their own.
LOOSER = ("/cms/", "/api/v1/docs/")
INLINE = {
    "script-src": ["'unsafe-inline'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["blob:"],
    "frame-src": ["'self'"],
}


class ContentPolicyMiddleware(CSPMiddleware):
    """Adds the policy; under `LOOSER` paths inline code of the third-party desk is allowed."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path.startswith(LOOSER):
            parts.update = {**(parts.update or {}), **INLINE}
            if request.path.startswith("/cms/"):
                parts.replace = {**(parts.replace or {}), "frame-ancestors": ["'self'"]}
        return parts
