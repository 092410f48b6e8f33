"""Refusals. An API caller gets an RFC 9457 problem document, a person in a browser gets a page with the same words."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from lms.web.data import FieldError


class BadRequest(ValueError):
    """The request can't be understood. Carries the words for the caller."""

    def __init__(self, detail: str, *, code: str = "invalid", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.errors = tuple(errors)


def problem(
    request: HttpRequest, *, status: int, code: str, title: str, detail: str, errors: Sequence[FieldError] = ()
) -> HttpResponse:
    """The refusal `code` with HTTP `status`; `detail` names the rule and what to do, `errors` the fields."""
    if _wants_page(request):
        context = {"status": status, "code": code, "title": title, "detail": detail, "errors": errors}
        return render(request, "problem.html", context, status=status)
    body: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": request.path,
    }
    if errors:
        body["errors"] = [{"field": error.field, "detail": error.detail} for error in errors]
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


def _wants_page(request: HttpRequest) -> bool:
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "text/html")
