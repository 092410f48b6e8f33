from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field of a request, in the caller's language, and how to mend it."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """Where a request came from, as far as the edge knows."""

    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOfItems(Generic[Item]):
    """One page of a list. `number` counts from 1."""

    items: Sequence[Item]
    number: int
    pages: int
    total: int
    per_page: int

    @property
    def previous_number(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next_number(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None
