from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models

from lms.lib.intervals import Span

if TYPE_CHECKING:
    _Field = models.Field[tuple[Span, ...], tuple[Span, ...]]
else:
    _Field = models.Field

_NUMBER = re.compile(r"-?\d+")


def read_spans(text: str) -> tuple[Span, ...]:
    """The spans of an int8multirange in PostgreSQL's text form: `{[0,15000),[20000,30000)}`."""
    numbers = [int(number) for number in _NUMBER.findall(text)]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def write_spans(spans: tuple[Span, ...]) -> str:
    """The text form of an int8multirange."""
    return "{" + ",".join(f"[{start},{end})" for start, end in spans) + "}"


class SpansField(_Field):
    """Sorted disjoint half-open spans, kept as PostgreSQL's int8multirange: the type itself refuses disorder."""

    description = "sorted disjoint half-open spans of integers"

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return f"{sql}::text", params

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> tuple[Span, ...] | None:
        return None if value is None else read_spans(value)

    def get_prep_value(self, value: tuple[Span, ...] | None) -> str | None:
        return None if value is None else write_spans(value)
