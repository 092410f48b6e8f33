"""Sentences of a pack with formulas in braces: "credited {video_s + live_s | seconds} s".

The part after the bar picks how the value is written. An unknown value is written as not known, never as zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from lms.lib.money import grouped_yuan
from lms.lib.periods import periods_text
from lms.subsidy.data import Text
from lms.subsidy.engine.expressions import Expression, ExpressionError, Scope, compile_expression
from lms.subsidy.engine.functions import Kind

_SLOT = re.compile(r"\{([^{}]*)\}")
NOT_KNOWN = Text(zh="尚未核实", en="not known yet")
_YES, _NO = Text(zh="是", en="yes"), Text(zh="否", en="no")
_LEVELS = {1: "一级", 2: "二级", 3: "三级", 4: "四级", 5: "五级"}
NO_LEVEL = 9
# Payees are named by what the books know them by: a firm by its credit code, a person by an internal number.
_A_PERSON, _THE_LEARNER = re.compile(r"person:\d+"), Text(zh="学员本人", en="the learner")

Words = Mapping[str, Text]
Writer = Callable[[Any, str, Words], str]
Part: TypeAlias = "str | Callable[[Scope, Words], str]"


def _periods(value: int, _language: str, _words: Words) -> str:
    return periods_text(value) if value >= 0 else f"-{periods_text(-value)}"


def _round_periods(value: int, language: str, words: Words) -> str:
    return _periods(value, language, words).removesuffix(".0")


def _level(value: int, language: str, _words: Words) -> str:
    if value == NO_LEVEL:
        return "无等级" if language == "zh" else "no level"
    return _LEVELS.get(value, str(value)) if language == "zh" else f"level {value}"


def _share(value: int, _language: str, _words: Words) -> str:
    whole, rest = divmod(value, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"


def _word(value: str, language: str, words: Words) -> str:
    if _A_PERSON.fullmatch(value):
        return _THE_LEARNER.in_language(language)
    return words[value].in_language(language) if value in words else value


def _listed(value: frozenset[str], language: str, words: Words) -> str:
    if not value:
        return "无" if language == "zh" else "none"
    return ("、" if language == "zh" else ", ").join(_word(item, language, words) for item in sorted(value))


def _yes_no(value: bool, language: str, _words: Words) -> str:
    return (_YES if value else _NO).in_language(language)


def _number(value: int, _language: str, _words: Words) -> str:
    return f"{value:,}"


def _day(value: date, _language: str, _words: Words) -> str:
    return value.isoformat()


def _table(value: Mapping[str, int], _language: str, _words: Words) -> str:
    return ", ".join(f"{key}: {item}" for key, item in value.items())


_WRITERS: Mapping[str, tuple[Kind, Writer]] = {
    "number": (Kind.INT, _number),
    "plain": (Kind.INT, lambda value, _language, _words: str(value)),
    "seconds": (Kind.INT, _number),
    "periods": (Kind.INT, _periods),
    "round_periods": (Kind.INT, _round_periods),
    "yuan": (Kind.INT, lambda value, _language, _words: grouped_yuan(value)),
    "level": (Kind.INT, _level),
    "percent": (Kind.INT, lambda value, _language, _words: f"{value}%"),
    "share": (Kind.INT, _share),
    "day": (Kind.DATE, _day),
    "yes_no": (Kind.BOOL, _yes_no),
    "word": (Kind.TEXT, _word),
    "listed": (Kind.SET, _listed),
    "table": (Kind.TABLE, _table),
}
_USUAL = {
    Kind.INT: "number",
    Kind.DATE: "day",
    Kind.BOOL: "yes_no",
    Kind.TEXT: "word",
    Kind.SET: "listed",
    Kind.TABLE: "table",
}
_UNIT_STYLES = {
    "fen": "yuan",
    "seconds": "seconds",
    "level": "level",
    "percent": "percent",
    "millionths": "share",
}


def write_value(value: Any, kind: Kind, unit: str, words: Words) -> Text:
    """A single value in both languages, in the style its unit asks for."""
    if value is None:
        return NOT_KNOWN
    _kind, writer = _WRITERS[_UNIT_STYLES.get(unit, _USUAL[kind]) if kind is Kind.INT else _USUAL[kind]]
    return Text(zh=writer(value, "zh", words), en=writer(value, "en", words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A checked sentence in both languages; `constant` where nothing in it varies."""

    zh: tuple[Part, ...]
    en: tuple[Part, ...]
    names: frozenset[str]
    constant: Text | None

    def write(self, scope: Scope, words: Words) -> Text:
        """The sentence with its values filled in."""
        if self.constant is not None:
            return self.constant
        return Text(zh=_join(self.zh, scope, words), en=_join(self.en, scope, words))


def _join(parts: tuple[Part, ...], scope: Scope, words: Words) -> str:
    return "".join([part if type(part) is str else part(scope, words) for part in parts])  # type: ignore[operator]


def compile_template(text: Text, names: Mapping[str, Kind]) -> Template:
    """The sentence with every formula in braces checked. Raises ExpressionError."""
    used: set[str] = set()
    zh = _compile(text.zh, "zh", names, used)
    en = _compile(text.en, "en", names, used)
    varies = any(type(part) is not str for part in (*zh, *en))
    return Template(zh=zh, en=en, names=frozenset(used), constant=None if varies else text)


def _compile(text: str, language: str, names: Mapping[str, Kind], used: set[str]) -> tuple[Part, ...]:
    if not text.strip():
        raise ExpressionError("a text is empty")
    pieces = _SLOT.split(text)
    if any("{" in piece or "}" in piece for piece in pieces[::2]):
        raise ExpressionError(f"braces don't match in {text!r}")
    parts: list[Part] = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            if piece:
                parts.append(piece)
            continue
        formula, _bar, style = piece.partition("|")
        expression = compile_expression(formula, names)
        used |= expression.names
        parts.append(_slot(expression, style.strip() or _USUAL[expression.kind], language))
    return tuple(parts)


def _slot(expression: Expression, style: str, language: str) -> Part:
    kind, writer = _WRITERS.get(style, (None, None))
    if kind is not expression.kind or writer is None:
        raise ExpressionError(f"{expression.text!r} is {expression.kind} and can't be written as {style!r}")
    run, unknown = expression.run, NOT_KNOWN.in_language(language)

    def write(scope: Scope, words: Words) -> str:
        value = run(scope)
        return unknown if value is None else writer(value, language, words)

    return write
