"""What Django itself refuses: a problem document under /api/, a page elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from lms.web.api import problem


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    detail = _("The server could not read this request. Check its form against /api/v1/docs/.")
    return problem(request, status=400, code="invalid", title=_("The request does not fit"), detail=detail)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    detail = _("This account may not do that.")
    return problem(request, status=403, code="not_allowed", title=_("Not allowed"), detail=detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    detail = _("There is nothing here, or nothing that this account may see.")
    return problem(request, status=404, code="not_found", title=_("Not found"), detail=detail)


def failed(request: HttpRequest) -> HttpResponse:
    if not _is_api(request):
        return defaults.server_error(request)
    detail = _("Something broke on our side. Try again; if it stays, tell us the request id.")
    return problem(request, status=500, code="failed", title=_("Our mistake"), detail=detail)
