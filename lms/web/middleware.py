from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from lms.web.problems import BadRequest, problem


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
