from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from lms.web.problems import BadRequest, problem


class CleanAddressMiddleware:
    """No view is asked with a NUL character in its path, query or form: the database holds none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:
            raise Http404
        if "\x00" in unquote(str(request.META.get("QUERY_STRING", ""))):
            return _unstorable(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.method != "POST" or request.path.startswith("/api/"):
            return None  # bodies of the API are parsed by type
        typed = (value for _name, values in request.POST.lists() for value in values)
        return _unstorable(request) if any("\x00" in value for value in typed) else None


def _unstorable(request: HttpRequest) -> HttpResponse:
    return problem(
        request,
        status=400,
        code="invalid",
        title=_("The request does not fit"),
        detail=_("The text holds a character that can't be stored."),
    )


class ProblemMiddleware:
    """Turns BadRequest from any view into a 400 in the caller's form and language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, BadRequest):
            return None
        return problem(
            request,
            status=400,
            code=exception.code,
            title=_("The request does not fit"),
            detail=exception.detail,
            errors=exception.errors,
        )
