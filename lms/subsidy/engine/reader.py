"""From the TOML of a pack to a checked, compiled Pack. Whatever is not exactly right is refused with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from lms.lib.canonical import digest
from lms.subsidy.data import FactValue, LineStatus, PackError
from lms.subsidy.engine.expressions import Expression
from lms.subsidy.engine.functions import Kind
from lms.subsidy.engine.pack import (
    ALWAYS_READ,
    BUILT_IN,
    LINE_KINDS,
    MATCHES,
    Budget,
    Clause,
    DatedFormula,
    DatedValue,
    FactSpec,
    Limit,
    Pack,
    PackCase,
    Parameter,
    Scheme,
    Step,
    Version,
)
from lms.subsidy.engine.sections import Section, fact_value, plain

_LARGEST_FILE = 1_000_000


def read_pack(text: str) -> Pack:
    """The pack that `text` describes. Raises PackError naming the first thing that is wrong.

    Its own cases are not decided here: `check_cases` does that.
    """
    if len(text) > _LARGEST_FILE:
        raise PackError("the file is larger than 1 MB")
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackError(f"this is no TOML: {error}") from error
    content = plain(table, "pack")
    return _Reader(Section(table, "pack")).pack(content)


class _Reader:
    def __init__(self, top: Section) -> None:
        self.top = top
        self.kinds: dict[str, Kind] = dict(BUILT_IN)
        self.parameters: dict[str, Parameter] = {}
        self.facts: dict[str, FactSpec] = {}
        self.derived: dict[str, Expression] = {}
        self.clauses: dict[str, Clause] = {}
        self.used: set[str] = set()

    def pack(self, content: Mapping[str, Any]) -> Pack:
        top = self.top
        pack_id = top.take("id", str)
        title, note = top.words("title"), top.words("note")
        versions = _versions(top.sections("versions"))
        for name, section in top.named("parameters").items():
            self._add_parameter(name, section)
        for name, section in top.named("facts").items():
            self._add_fact(name, section)
        self._add_derived(top)
        words = {code: top_words.words("text") for code, top_words in _wrapped(top, "words").items()}
        for code, section in top.named("clauses").items():
            self.clauses[code] = self._clause(code, section)
        common = self._baseline(top)
        schemes = {
            code: self._scheme(code, section, versions, common) for code, section in top.named("schemes").items()
        }
        budget = self._budget(top.section("budget")) if top.has("budget") else None
        cases = tuple(self._case(section, schemes) for section in top.sections("cases"))
        top.close()
        self._nothing_idle(schemes, versions)
        return Pack(
            pack_id=pack_id,
            title=title,
            note=note,
            versions=versions,
            parameters=self.parameters,
            facts=self.facts,
            kinds=self.kinds,
            schemes=schemes,
            clauses=self.clauses,
            derived=self.derived,
            budget=budget,
            words=words,
            cases=cases,
            content=content,
            pack_digest=digest(content),
        )

    def _add_parameter(self, name: str, section: Section) -> None:
        label, unit = section.words("label"), section.take_or("unit", str, "")
        values = []
        for entry in section.sections("values"):
            from_on, ref = entry.take("from", date), entry.reference()
            value = _parameter_value(entry)
            entry.close()
            values.append(DatedValue(from_on=from_on, value=value, ref=ref))
        section.close()
        kinds = {_kind_of(dated.value, section.place) for dated in values}
        days = [dated.from_on for dated in values]
        if len(kinds) != 1 or days != sorted(set(days)):
            raise PackError(f"{section.place} needs values of one type, in order of their days")
        (kind,) = kinds
        self.parameters[name] = Parameter(name=name, kind=kind, unit=unit, label=label, values=tuple(values))
        self.kinds[f"p.{name}"] = kind

    def _add_fact(self, name: str, section: Section) -> None:
        kind = section.take("kind", str)
        if kind not in set(Kind) - {Kind.TABLE}:
            raise PackError(f"{section.place}: {kind!r} is no kind of fact")
        if name in self.kinds or not name.isidentifier():
            raise PackError(f"{section.place}: the name is taken or is no name")
        self.facts[name] = FactSpec(
            name=name,
            kind=Kind(kind),
            unit=section.take_or("unit", str, ""),
            label=section.words("label"),
            evidence=section.words("evidence"),
        )
        self.kinds[name] = Kind(kind)
        section.close()

    def _add_derived(self, top: Section) -> None:
        table = Section(top.take_or("derived", dict, {}), "pack.derived")
        for name in list(table.keys()):
            if name in self.kinds or not name.isidentifier():
                raise PackError(f"pack.derived.{name}: the name is taken or is no name")
            made = table.formula(name, self.kinds)
            self.derived[name] = made
            self.kinds[name] = made.kind

    def _clause(self, code: str, section: Section) -> Clause:
        ref, title = section.reference(), section.words("title")
        test = section.expression("test", self.kinds, Kind.BOOL) if section.has("test") else None
        limit = self._limit(section.section("limit")) if section.has("limit") else None
        if test is None and limit is None:
            raise PackError(f"{section.place} has neither a test nor a limit")
        kinds = {**self.kinds, MATCHES: Kind.INT} if limit else self.kinds
        required, observed = section.template("need", kinds), section.template("seen", kinds)
        why, fix = section.template("why", kinds), section.template("fix", kinds)
        section.close()
        judged = (test.names if test else frozenset()) | (
            {name for name in limit.where.names | limit.at_most.names if not name.startswith("line.")}
            if limit
            else set()
        )
        spoken = required.names | observed.names | why.names | fix.names
        self.used |= judged | spoken
        return Clause(
            code=code,
            ref=ref,
            title=title,
            test=test,
            limit=limit,
            required=required,
            observed=observed,
            why=why,
            fix=fix,
            names=tuple(sorted(judged)),
        )

    def _limit(self, section: Section) -> Limit:
        lines = {f"line.{name}": kind for name, kind in LINE_KINDS.items()}
        programmes = section.take("programmes", list)
        if not programmes or not all(type(code) is str for code in programmes):
            raise PackError(f"{section.place}.programmes must list programme codes")
        made = Limit(
            programmes=frozenset(programmes),
            where=section.expression("where", {**self.kinds, **lines}, Kind.BOOL),
            at_most=section.expression("at_most", self.kinds, Kind.INT),
        )
        section.close()
        return made

    def _budget(self, section: Section) -> Budget:
        kinds = {**self.kinds, "left_fen": Kind.INT, "needed_fen": Kind.INT}
        when = section.take("when_exhausted", str)
        if when not in ("queue", "refuse"):
            raise PackError(f"{section.place}.when_exhausted must be queue or refuse")
        made = Budget(
            code=section.take("code", str),
            ref=section.reference(),
            title=section.words("title"),
            queue=when == "queue",
            required=section.template("need", kinds),
            observed=section.template("seen", kinds),
            why=section.template("why", kinds),
            fix=section.template("fix", kinds),
        )
        section.close()
        return made

    def _baseline(self, section: Section) -> dict[str, FactValue]:
        table = section.take_or("baseline", dict, {})
        return {name: self._fact(name, value, f"{section.place}.baseline") for name, value in table.items()}

    def _fact(self, name: str, value: object, place: str) -> FactValue:
        if name not in self.facts:
            raise PackError(f"{place}: {name!r} is not a declared fact")
        return fact_value(value, self.facts[name].kind, f"{place}.{name}")

    def _scheme(
        self, code: str, section: Section, versions: tuple[Version, ...], common: Mapping[str, FactValue]
    ) -> Scheme:
        title, fund = section.words("title"), section.take_or("fund", str, "")
        decided_by = section.take("decided_by", str)
        if decided_by not in self.facts or self.facts[decided_by].kind is not Kind.DATE:
            raise PackError(f"{section.place}.decided_by must be a declared fact that is a date")
        in_force = versions
        if section.has("serves_from"):
            first = versions[0]
            early = section.take("serves_from", date)
            widened = Version(
                version_id=first.version_id, from_on=early, to_on=first.to_on, ref=section.reference("serves_ref")
            )
            in_force = (widened, *versions[1:])
        clauses = self._chosen(section)
        formulas = tuple(self._formula(entry) for entry in section.sections("amount"))
        payee_kind = section.expression("payee_kind", self.kinds, Kind.TEXT)
        payee_ref = section.expression("payee_ref", self.kinds, Kind.TEXT) if section.has("payee_ref") else None
        deadline = section.expression("deadline", self.kinds, Kind.DATE) if section.has("deadline") else None
        settles = section.take_or("settles", bool, False)
        own = self._baseline(section)
        section.close()
        reads = _reads(clauses, formulas, payee_kind, payee_ref, deadline) | {decided_by}
        reads |= ALWAYS_READ & self.facts.keys()
        derived = self._needed_derived(reads)
        for _name, expression in derived:
            reads |= expression.names
        self.used |= reads
        scheme = Scheme(
            programme=code,
            title=title,
            fund=fund,
            decided_by=decided_by,
            in_force=in_force,
            payee_kind=payee_kind,
            payee_ref=payee_ref,
            clauses=clauses,
            formulas=formulas,
            deadline=deadline,
            settles=settles,
            derived=derived,
            facts=tuple(sorted(name for name in reads if name in self.facts)),
            baseline={name: value for name, value in {**common, **own}.items() if name in reads},
        )
        self._covered(scheme, reads, section.place)
        return scheme

    def _chosen(self, section: Section) -> tuple[Clause, ...]:
        codes = section.take("clauses", list)
        unknown = [code for code in codes if code not in self.clauses]
        if unknown or len(set(codes)) != len(codes):
            raise PackError(f"{section.place}.clauses lists an unknown clause or one twice: {unknown or codes}")
        return tuple(self.clauses[code] for code in codes)

    def _formula(self, entry: Section) -> DatedFormula:
        from_on, ref = entry.take("from", date), entry.reference()
        kinds = dict(self.kinds)
        steps = []
        for part in entry.sections("steps"):
            name = part.take("name", str)
            formula = part.expression("formula", kinds, Kind.INT)
            if name in kinds or not name.isidentifier():
                raise PackError(f"{part.place}: the name {name!r} is taken or is no name")
            kinds[name] = Kind.INT
            steps.append(
                Step(
                    name=name,
                    code=part.take_or("code", str, ""),
                    label=part.words("label"),
                    unit=part.take_or("unit", str, "fen"),
                    formula=formula,
                    shown=part.template("shown", kinds),
                )
            )
            part.close()
        entry.close()
        if not steps or steps[-1].unit != "fen":
            raise PackError(f"{entry.place} needs steps, the last one in fen")
        return DatedFormula(from_on=from_on, ref=ref, steps=tuple(steps))

    def _needed_derived(self, reads: set[str]) -> tuple[tuple[str, Expression], ...]:
        needed = {name for name in reads if name in self.derived}
        for name in reversed(list(self.derived)):
            if name in needed:
                needed |= self.derived[name].names & self.derived.keys()
        return tuple((name, expression) for name, expression in self.derived.items() if name in needed)

    def _covered(self, scheme: Scheme, reads: set[str], place: str) -> None:
        first = scheme.in_force[0].from_on
        for name in sorted(reads):
            if name.startswith("p.") and self.parameters[name[2:]].at(first) is None:
                raise PackError(f"{place}: {name} has no value on {first}, when the scheme begins")
        days = [formula.from_on for formula in scheme.formulas]
        if days != sorted(set(days)) or (days and days[0] > first):
            raise PackError(f"{place}.amount must be in order of days and begin by {first}")

    def _case(self, section: Section, schemes: Mapping[str, Scheme]) -> PackCase:
        case_id, programme = section.take("id", str), section.take("programme", str)
        if programme not in schemes:
            raise PackError(f"{section.place}: {programme!r} is no scheme of this pack")
        changed = section.take_or("facts", dict, {})
        facts: dict[str, FactValue] = {
            name: self._fact(name, value, f"{section.place}.facts") for name, value in changed.items()
        }
        for name in section.take_or("unknown", list, []):
            facts[name] = None
        idle = sorted(set(facts) - set(schemes[programme].facts))
        if idle:
            raise PackError(f"{section.place} names facts that {programme} does not read: {', '.join(idle)}")
        made = PackCase(
            case_id=case_id,
            programme=programme,
            facts=facts,
            lines=tuple(_line(entry) for entry in section.sections("lines")),
            outcome=section.take("outcome", str),
            amount_fen=section.take_or("amount_fen", int, 0),
            failed=tuple(sorted(section.take_or("failed", list, []))),
        )
        section.close()
        return made

    def _nothing_idle(self, schemes: Mapping[str, Scheme], versions: tuple[Version, ...]) -> None:
        chosen = {clause.code for scheme in schemes.values() for clause in scheme.clauses}
        idle = sorted(set(self.clauses) - chosen)
        idle += sorted(name for name in (*self.facts, *self.derived) if name not in self.used)
        idle += sorted(f"p.{name}" for name in self.parameters if f"p.{name}" not in self.used)
        if idle:
            raise PackError(f"declared, but nothing uses it: {', '.join(idle)}")
        starts = {version.from_on for scheme in schemes.values() for version in scheme.in_force}
        starts |= {version.from_on for version in versions}
        for parameter in self.parameters.values():
            for dated in parameter.values:
                if dated.from_on not in starts:
                    raise PackError(f"p.{parameter.name} changes on {dated.from_on}, when no version begins")


def _versions(sections: list[Section]) -> tuple[Version, ...]:
    versions: list[Version] = []
    for section in sections:
        made = Version(
            version_id=section.take("id", str),
            from_on=section.take("from", date),
            to_on=section.take("to", date) if section.has("to") else None,
            ref=section.reference(),
        )
        section.close()
        before = versions[-1] if versions else None
        if before and (before.to_on is None or before.to_on + timedelta(days=1) != made.from_on):
            raise PackError(f"{section.place} must begin the day after {before.version_id} ends")
        versions.append(made)
    if not versions:
        raise PackError("pack has no versions")
    return tuple(versions)


def _wrapped(top: Section, key: str) -> dict[str, Section]:
    return {
        code: Section({"text": item}, f"{top.place}.{key}.{code}") for code, item in top.take_or(key, dict, {}).items()
    }


def _parameter_value(entry: Section) -> Any:
    value = entry.any("value")
    if isinstance(value, list):
        return fact_value(value, Kind.SET, f"{entry.place}.value")
    return value


def _kind_of(value: object, place: str) -> Kind:
    kinds = {bool: Kind.BOOL, int: Kind.INT, str: Kind.TEXT, frozenset: Kind.SET, dict: Kind.TABLE, date: Kind.DATE}
    kind = kinds.get(type(value))
    if kind is Kind.TABLE and not all(type(item) is int for item in value.values()):  # type: ignore[attr-defined]
        raise PackError(f"{place}: a table of values holds whole numbers only")
    if kind is None:
        raise PackError(f"{place}: {type(value).__name__} is no value of a parameter")
    return kind


def _line(section: Section) -> dict[str, FactValue]:
    line: dict[str, FactValue] = {"status": LineStatus.PAID.value}
    for name in list(section.keys()):
        if name not in LINE_KINDS:
            raise PackError(f"{section.place} has unknown keys: {name}")
        line[name] = fact_value(section.any(name), LINE_KINDS[name], f"{section.place}.{name}")
    return line


def _reads(clauses: tuple[Clause, ...], formulas: tuple[DatedFormula, ...], *rest: Expression | None) -> set[str]:
    reads: set[str] = set()
    for clause in clauses:
        reads |= set(clause.names) | clause.required.names | clause.observed.names
        reads |= clause.why.names | clause.fix.names
    for formula in formulas:
        for step in formula.steps:
            reads |= step.formula.names | step.shown.names
        reads -= {step.name for step in formula.steps}
    for expression in rest:
        reads |= expression.names if expression else set()
    return reads - set(BUILT_IN) - {MATCHES}
