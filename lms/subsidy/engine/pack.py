"""A policy pack in memory: checked, compiled, immutable. `reader` makes it from TOML; `assess` asks it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from lms.lib.workdays import WorkCalendar
from lms.subsidy.data import FactValue, Text, UnknownProgramme
from lms.subsidy.engine.expressions import Expression
from lms.subsidy.engine.functions import Kind
from lms.subsidy.engine.templates import Template

LINE_KINDS: Mapping[str, Kind] = {
    "programme": Kind.TEXT,
    "status": Kind.TEXT,
    "submitted_on": Kind.DATE,
    "occupation": Kind.TEXT,
    "level": Kind.INT,
    "project": Kind.TEXT,
    "class_start_on": Kind.DATE,
    "class_end_on": Kind.DATE,
    "shortage": Kind.BOOL,
    "evidence": Kind.SET,
}
BUILT_IN: Mapping[str, Kind] = {"programme": Kind.TEXT, "decided_on": Kind.DATE}
ALREADY_PAID = "already_paid_fen"
ALWAYS_READ = frozenset({ALREADY_PAID, "submitted_on", "judged_on"})
MATCHES = "matches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A named state of the policy, in force from `from_on` to `to_on`, both days included (None: open)."""

    version_id: str
    from_on: date
    to_on: date | None
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """What a parameter is from a day on, and the legal reference that says so."""

    from_on: date
    value: Any
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    kind: Kind
    unit: str
    label: Text
    values: tuple[DatedValue, ...]

    def at(self, day: date) -> Any:
        """The value on `day`; None before the first."""
        index = bisect_right([dated.from_on for dated in self.values], day)
        return self.values[index - 1].value if index else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpec:
    """A fact the pack asks for, what it is called, and which kind of evidence proves it."""

    name: str
    kind: Kind
    unit: str
    label: Text
    evidence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many earlier lines of `programmes` for which `where` holds."""

    programmes: frozenset[str]
    where: Expression
    at_most: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: a test on facts, a limit on earlier lines, or both; and its sentences."""

    code: str
    ref: str
    title: Text
    test: Expression | None
    limit: Limit | None
    required: Template
    observed: Template
    why: Template
    fix: Template
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a calculation; later steps may use its name."""

    name: str
    code: str
    label: Text
    unit: str
    formula: Expression
    shown: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFormula:
    """How the amount is worked out from a day on; the last step is the amount in fen."""

    from_on: date
    ref: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What happens to an approved claim when the money of its pot is used up."""

    code: str
    ref: str
    title: Text
    queue: bool
    required: Template
    observed: Template
    why: Template
    fix: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One programme of a pack."""

    programme: str
    title: Text
    fund: str
    decided_by: str
    in_force: tuple[Version, ...]
    payee_kind: Expression
    payee_ref: Expression | None
    clauses: tuple[Clause, ...]
    formulas: tuple[DatedFormula, ...]
    deadline: Expression | None
    settles: bool
    derived: tuple[tuple[str, Expression], ...]
    facts: tuple[str, ...]
    baseline: Mapping[str, FactValue]

    def version_on(self, day: date) -> Version | None:
        """The version that serves a deciding date; None where none is in force."""
        for version in self.in_force:
            if version.from_on <= day and (version.to_on is None or day <= version.to_on):
                return version
        return None

    def formula_on(self, day: date) -> DatedFormula | None:
        """The calculation in force on a deciding date."""
        current = [formula for formula in self.formulas if formula.from_on <= day]
        return current[-1] if current else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackCase:
    """A worked decision inside the pack: the scheme's baseline with `facts` changed must give `outcome`."""

    case_id: str
    programme: str
    facts: Mapping[str, FactValue]
    lines: tuple[Mapping[str, FactValue], ...]
    outcome: str
    amount_fen: int
    failed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A whole policy pack. `content` is its canonical JSON value, `pack_digest` the SHA-256 of that."""

    pack_id: str
    title: Text
    note: Text
    versions: tuple[Version, ...]
    parameters: Mapping[str, Parameter]
    facts: Mapping[str, FactSpec]
    kinds: Mapping[str, Kind]
    schemes: Mapping[str, Scheme]
    clauses: Mapping[str, Clause]
    derived: Mapping[str, Expression]
    budget: Budget | None
    words: Mapping[str, Text]
    cases: tuple[PackCase, ...]
    content: Mapping[str, Any]
    pack_digest: str

    def parameters_on(self, day: date) -> Mapping[str, Any]:
        """Every parameter as `p.name`, with its value on `day` (None where it has none yet)."""
        starts, epochs = self._epochs
        return epochs[bisect_right(starts, day)]

    @cached_property
    def _epochs(self) -> tuple[list[date], list[dict[str, Any]]]:
        starts = sorted({dated.from_on for parameter in self.parameters.values() for dated in parameter.values})
        days = [date.min, *starts]
        return starts, [{f"p.{name}": item.at(day) for name, item in self.parameters.items()} for day in days]

    @cached_property
    def unknown_facts(self) -> Mapping[str, None]:
        """Every declared fact, unknown: the ground on which given facts are laid."""
        return dict.fromkeys(self.facts)


@dataclass(frozen=True, kw_only=True)
class PackSet:
    """The packs that answer together, one per programme, and the calendar they count days by."""

    packs: tuple[Pack, ...]
    calendar: WorkCalendar

    def __post_init__(self) -> None:
        codes = [code for pack in self.packs for code in pack.schemes]
        doubled = sorted({code for code in codes if codes.count(code) > 1})
        if doubled:
            raise ValueError(f"two packs answer for {', '.join(doubled)}")

    def pack_for(self, programme: str) -> Pack:
        """The pack that knows the programme. Raises UnknownProgramme."""
        pack = self._by_programme.get(programme)
        if pack is None:
            raise UnknownProgramme(programme)
        return pack

    @cached_property
    def programmes(self) -> tuple[str, ...]:
        """Every programme code that the set can answer, sorted."""
        return tuple(sorted(self._by_programme))

    @cached_property
    def _by_programme(self) -> Mapping[str, Pack]:
        return {code: pack for pack in self.packs for code in pack.schemes}
