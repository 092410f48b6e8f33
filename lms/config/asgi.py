"""The ASGI door: heartbeats stand before Django, sockets beside it, pages behind."""

from __future__ import annotations

import importlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

from lms.config.settings.packages import FRONT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

pages: Any = get_asgi_application()  # sets Django up: packages are imported only after it
front: Any = importlib.import_module(FRONT)

HEARTBEATS = "/api/v1/heartbeats/"
SOCKETS: list[Any] = []  # no package has sockets yet; live classes will bring the first

sockets: Asgi = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(SOCKETS)))


async def _lifespan(receive: Receive, send: Send) -> None:
    """The front has been started, or stopped, when the server is told so."""
    while True:
        message = await receive()
        step = message["type"].removeprefix("lifespan.")
        hook = getattr(front, step, None)
        if hook is not None:
            await hook()
        await send({"type": f"lifespan.{step}.complete"})
        if step == "shutdown":
            return


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    kind = scope["type"]
    if kind == "http":
        if scope["path"] == HEARTBEATS:
            await front.app(scope, receive, send)
        else:
            await pages(scope, receive, send)
    elif kind == "websocket":
        await sockets(scope, receive, send)
    else:
        await _lifespan(receive, send)
