"""What Django itself refuses: a problem document under /api/, a page elsewhere, both in the caller's language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from lms.web.api import problem


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django names it
    if not _is_api(request):
        return _page(request, 400)
    detail = _("The server could not read this request. Check its form against /api/v1/docs/.")
    return problem(request, status=400, code="invalid", title=_("The request does not fit"), detail=detail)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    detail = _("This account may not do that.")
    return problem(request, status=403, code="not_allowed", title=_("Not allowed"), detail=detail)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django hands in its reason
    """A form or call without the token that only our own pages hold."""
    if not _is_api(request):
        return render(request, "403_csrf.html", status=403)
    detail = _("Send the X-CSRFToken header with a session cookie, or use a bearer token from /api/v1/auth/token/.")
    return problem(request, status=403, code="csrf", title=_("The form has no valid token"), detail=detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    detail = _("There is nothing here, or nothing that this account may see.")
    return problem(request, status=404, code="not_found", title=_("Not found"), detail=detail)


def failed(request: HttpRequest) -> HttpResponse:
    if not _is_api(request):
        return _page(request, 500)
    detail = _("Something broke on our side. Try again; if it stays, tell us the request id.")
    return problem(request, status=500, code="failed", title=_("Our mistake"), detail=detail)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    """The page for this status with all that a page needs of the request; without it where even that breaks."""
    try:
        return render(request, f"{status}.html", status=status)
    except Exception:  # noqa: BLE001  whatever broke the view may break the page's surroundings too
        return defaults.server_error(request) if status == 500 else defaults.bad_request(request, Exception())
