"""The heartbeat door alone, as `lms.config.asgi` mounts it: before Django, with its start and stop."""

from __future__ import annotations

from typing import Any

import django

django.setup()

from lms.player import front  # noqa: E402


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await front.app(scope, receive, send)
        return
    while True:
        step = (await receive())["type"].removeprefix("lifespan.")
        await (front.startup if step == "startup" else front.shutdown)()
        await send({"type": f"lifespan.{step}.complete"})
        if step == "shutdown":
            return
