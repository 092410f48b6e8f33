"""The ASGI door: heartbeats stand before Django, sockets beside it, pages behind.

Hooks: `lms.player.front.app` answers `/api/v1/heartbeats/` (with optional coroutines `startup()`
and `shutdown()` beside it), and a package's `routing.websocket_urlpatterns` are served as sockets.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

from lms.config.settings import present

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

pages: Any = get_asgi_application()  # sets Django up: packages are imported only after it

HEARTBEATS = "/api/v1/heartbeats/"


def _sockets() -> Asgi:
    routes: list[Any] = []
    for app in settings.OUR_APPS:
        if present.module_exists(f"{app}.routing"):
            routes += importlib.import_module(f"{app}.routing").websocket_urlpatterns
    stack: Asgi = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))
    return stack


sockets = _sockets()
front: Any = importlib.import_module("lms.player.front") if present.module_exists("lms.player.front") else None


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
        if front is not None and scope["path"] == HEARTBEATS:
            await front.app(scope, receive, send)
        else:
            await pages(scope, receive, send)
    elif kind == "websocket":
        await sockets(scope, receive, send)
    else:
        await _lifespan(receive, send)
