"""Reading one table of a pack file strictly: every key known, every type right, every error naming its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from lms.subsidy.data import FactValue, PackError, Text
from lms.subsidy.engine.expressions import Expression, ExpressionError, compile_expression
from lms.subsidy.engine.functions import Kind
from lms.subsidy.engine.templates import Template, compile_template

Made = TypeVar("Made")
_LARGEST = 10**15
_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


class Section:
    """One table. What is read is ticked off; `close` refuses what nobody asked for."""

    def __init__(self, table: object, place: str) -> None:
        if not isinstance(table, Mapping):
            raise PackError(f"{place} must be a table")
        self._table = dict(table)
        self.place = place

    def has(self, key: str) -> bool:
        return key in self._table

    def take(self, key: str, kind: type[Made]) -> Made:
        """The value under `key`, which must be there and of exactly this type."""
        if key not in self._table:
            raise PackError(f"{self.place} lacks {key!r}")
        value = self._table.pop(key)
        if type(value) is not kind:
            raise PackError(f"{self.place}.{key} must be {kind.__name__}, not {type(value).__name__}")
        return value

    def take_or(self, key: str, kind: type[Made], default: Made) -> Made:
        return self.take(key, kind) if key in self._table else default

    def keys(self) -> tuple[str, ...]:
        """What is still to be read."""
        return tuple(self._table)

    def any(self, key: str) -> Any:
        """The value under `key`, whatever its type."""
        if key not in self._table:
            raise PackError(f"{self.place} lacks {key!r}")
        return self._table.pop(key)

    def reference(self, key: str = "ref") -> str:
        """A legal reference: never absent, never empty."""
        text = self.take_or(key, str, "").strip()
        if not text:
            raise PackError(f"{self.place} has no legal reference ({key})")
        return text

    def words(self, key: str) -> Text:
        """A sentence in both languages."""
        inner = self.section(key)
        made = Text(zh=inner.take("zh", str).strip(), en=inner.take("en", str).strip())
        inner.close()
        if not made.zh or not made.en:
            raise PackError(f"{self.place}.{key} needs a zh and an en text")
        return made

    def section(self, key: str) -> Section:
        return Section(self.take(key, dict), f"{self.place}.{key}")

    def sections(self, key: str) -> list[Section]:
        """The tables of an array of tables; an absent one is empty."""
        return [
            Section(item, f"{self.place}.{key}[{number}]")
            for number, item in enumerate(self.take_or(key, list, []), start=1)
        ]

    def named(self, key: str) -> dict[str, Section]:
        """The tables of a table of tables; an absent one is empty."""
        return {name: Section(item, f"{self.place}.{key}.{name}") for name, item in self.take_or(key, dict, {}).items()}

    def expression(self, key: str, names: Mapping[str, Kind], kind: Kind) -> Expression:
        """A formula of the given kind."""
        made = self.formula(key, names)
        if made.kind is not kind:
            raise PackError(f"{self.place}.{key} yields {made.kind}, but {kind} is needed")
        return made

    def formula(self, key: str, names: Mapping[str, Kind]) -> Expression:
        """A formula of any kind."""
        return self._compiled(key, lambda text: compile_expression(text, names), self.take(key, str))

    def template(self, key: str, names: Mapping[str, Kind]) -> Template:
        """A sentence with formulas."""
        return self._compiled(key, lambda text: compile_template(text, names), self.words(key))

    def _compiled(self, key: str, compile_it: Callable[[Any], Made], source: object) -> Made:
        try:
            return compile_it(source)
        except ExpressionError as error:
            raise PackError(f"{self.place}.{key}: {error}") from error

    def close(self) -> None:
        """Raises PackError if the table holds a key that nobody knows."""
        if self._table:
            raise PackError(f"{self.place} has unknown keys: {', '.join(sorted(self._table))}")


def fact_value(value: object, kind: Kind, place: str) -> FactValue:
    """A fact as TOML or JSON writes it (lists for sets), as the engine wants it. Raises PackError."""
    if kind is Kind.SET:
        if not isinstance(value, (list, frozenset, tuple)) or not all(isinstance(item, str) for item in value):
            raise PackError(f"{place} must be a list of texts")
        return frozenset(value)
    checked = check_fact(value, kind)
    if checked is not None:
        raise PackError(f"{place} {checked}")
    return value  # type: ignore[return-value]  # check_fact has just proved it


_TYPES = {Kind.INT: int, Kind.DATE: date, Kind.TEXT: str, Kind.BOOL: bool, Kind.SET: frozenset}


def check_fact(value: object, kind: Kind) -> str | None:
    """What is wrong with a fact's value, or None. Unknown (None) is the caller's business."""
    if type(value) is not _TYPES[kind]:
        return f"must be {kind}, not {type(value).__name__}"
    if kind is Kind.INT and not -_LARGEST <= value <= _LARGEST:  # type: ignore[operator]
        return "is out of bounds"
    if kind is Kind.DATE and not _EARLIEST <= value <= _LATEST:  # type: ignore[operator]
        return "is no day between 1900 and 2999"
    return None


def plain(value: object, place: str) -> Any:
    """The parsed TOML as a JSON value; floats and clock times have no place in a pack."""
    if isinstance(value, dict):
        return {key: plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, f"{place}[{number}]") for number, item in enumerate(value, start=1)]
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (bool, int, str)):
        return value
    raise PackError(f"{place}: {type(value).__name__} has no place in a pack; write a whole number, text or date")
