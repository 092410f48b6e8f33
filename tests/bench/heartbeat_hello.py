"""The limit: an ASGI app that reads the body and says hello."""

from __future__ import annotations

from typing import Any

_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
_BODY = {"type": "http.response.body", "body": b"hello"}


async def app(_scope: dict[str, Any], receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send(_BODY)
