"""Every address of the URLconf, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One pattern: its whole route as text, and the name by which `reverse` knows it."""

    route: str
    name: str


def addresses() -> list[Address]:
    """All patterns in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: Sequence[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inside = ":".join(part for part in (namespace, pattern.namespace) if part)
            yield from _walk(pattern.url_patterns, route, inside)
        else:
            yield Address(route=route, name=f"{namespace}:{pattern.name}" if namespace else str(pattern.name))
