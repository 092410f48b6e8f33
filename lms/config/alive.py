"""Signs of life of the workers: one short-lived key a queue, renewed by each worker's own heart."""

from __future__ import annotations

QUEUES = ("default", "settle", "media")
SECONDS = 12


def key(queue: str) -> str:
    return f"zp:alive:{queue}"
