"""One id follows a request through logs, answers and the tasks it causes (`X-Request-ID`)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def new_request_id() -> str:
    return uuid.uuid4().hex


def current_request_id() -> str | None:
    """The id of the request, or of the task, that runs in this context."""
    value = structlog.contextvars.get_contextvars().get("request_id")
    return value if isinstance(value, str) else None


class RequestIdMiddleware:
    """Takes a well-formed id from the proxy, else makes one; binds it to the logs; answers with it."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        request_id = self._begin(request)
        response = self.get_response(request)
        response[HEADER] = request_id
        return response

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        request_id = self._begin(request)
        response: HttpResponseBase = await self.get_response(request)  # type: ignore[misc]  # async by is_async
        response[HEADER] = request_id
        return response

    def _begin(self, request: HttpRequest) -> str:
        sent = request.headers.get(HEADER, "")
        request_id = sent if _WELL_FORMED.fullmatch(sent) else new_request_id()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.request_id = request_id  # type: ignore[attr-defined]  # read by lms.web
        return request_id
