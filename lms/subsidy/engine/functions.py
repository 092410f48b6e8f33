"""The functions that formulas may call, each with the kinds it takes and gives. Unknown in, unknown out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lms.lib.months import add_months
from lms.lib.workdays import add_working_days, in_working_days

CALENDAR = "@calendar"  # the scope's entry that holds the WorkCalendar; no formula can name it

_Scope = Mapping[str, Any]
_Run = Callable[[_Scope], Any]


class Kind(StrEnum):
    """What a fact, a parameter or a formula can be."""

    INT = "int"
    DATE = "date"
    TEXT = "text"
    BOOL = "bool"
    SET = "set"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """`result` gives the kind for given kinds of arguments, or None if they don't fit; `build` joins the closures."""

    usage: str
    result: Callable[[tuple[Kind, ...]], Kind | None]
    build: Callable[[tuple[_Run, ...]], _Run]


def _fixed(takes: tuple[Kind, ...], gives: Kind) -> Callable[[tuple[Kind, ...]], Kind | None]:
    return lambda kinds: gives if kinds == takes else None


def _alike(kinds: tuple[Kind, ...]) -> Kind | None:
    fits = len(kinds) >= 2 and len(set(kinds)) == 1 and kinds[0] in (Kind.INT, Kind.DATE)
    return kinds[0] if fits else None


def _strict(apply: Callable[..., Any], *, with_calendar: bool = False) -> Callable[[tuple[_Run, ...]], _Run]:
    """Evaluates all arguments; one unknown argument makes the answer unknown."""

    def build(runs: tuple[_Run, ...]) -> _Run:
        def call(scope: _Scope) -> Any:
            values = [run(scope) for run in runs]
            if None in values:
                return None
            try:
                return apply(*values, scope[CALENDAR]) if with_calendar else apply(*values)
            except OverflowError:  # a day outside years 1 to 9999
                return None

        return call

    return build


def _known(runs: tuple[_Run, ...]) -> _Run:
    (run,) = runs
    return lambda scope: run(scope) is not None


FUNCTIONS: Mapping[str, Function] = {
    "min": Function(usage="two or more of one kind", result=_alike, build=_strict(min)),
    "max": Function(usage="two or more of one kind", result=_alike, build=_strict(max)),
    "add_months": Function(
        usage="(date, int)", result=_fixed((Kind.DATE, Kind.INT), Kind.DATE), build=_strict(add_months)
    ),
    "working_days": Function(
        usage="(date, int)",
        result=_fixed((Kind.DATE, Kind.INT), Kind.DATE),
        build=_strict(add_working_days, with_calendar=True),
    ),
    "in_working_days": Function(
        usage="(date, int, date)",
        result=_fixed((Kind.DATE, Kind.INT, Kind.DATE), Kind.BOOL),
        build=_strict(in_working_days, with_calendar=True),
    ),
    "year": Function(usage="(date)", result=_fixed((Kind.DATE,), Kind.INT), build=_strict(lambda day: day.year)),
    "overlap": Function(
        usage="(set, set)",
        result=_fixed((Kind.SET, Kind.SET), Kind.BOOL),
        build=_strict(lambda one, other: not one.isdisjoint(other)),
    ),
    "known": Function(usage="(one value)", result=lambda kinds: Kind.BOOL if len(kinds) == 1 else None, build=_known),
}
