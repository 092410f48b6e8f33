"""Policy cases: a file of worked decisions, each decided by the shipped packs (format: docs/policy-cases.md).

Pure: no database, no clock, no settings. Numbers with a fraction are kept as text, never as float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lms.subsidy.casefacts import facts_of
from lms.subsidy.casewords import CaseError, DecimalText, read_inputs
from lms.subsidy.data import Outcome, PayeeKind
from lms.subsidy.engine.judge import Judged, judge
from lms.subsidy.engine.pack import Pack, PackSet

_LARGEST_FILE = 50_000_000


class CaseFileError(ValueError):
    """The file is no case file, or the pack that was asked for does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCase:
    """One case as the file states it."""

    case_id: str | int
    programme: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswer:
    """What the packs answer to one case."""

    case_id: str | int
    outcome: str
    payee: str | None
    amount_fen: int
    failed_clauses: tuple[str, ...]

    def as_json(self) -> str:
        """One JSON object on one line, in ASCII so that no terminal can spoil it."""
        return json.dumps(
            {
                "id": self.case_id,
                "outcome": self.outcome,
                "payee": self.payee,
                "amount_fen": self.amount_fen,
                "failed_clauses": list(self.failed_clauses),
            }
        )


def read_cases(text: str) -> tuple[PolicyCase, ...]:
    """The cases of a file. Raises CaseFileError in words if the text is something else."""
    if len(text) > _LARGEST_FILE:
        raise CaseFileError("the file is larger than 50 MB")
    try:
        content = json.loads(
            text.removeprefix("\ufeff"),
            parse_float=DecimalText,
            parse_constant=_no_number,
            object_pairs_hook=_no_doubles,
        )
    except (ValueError, RecursionError) as error:
        raise CaseFileError(f"this is no JSON: {error}") from error
    cases = content.get("cases") if isinstance(content, dict) else None
    if not isinstance(cases, list):
        raise CaseFileError('the file must be an object with a list under "cases"')
    return tuple(_case(number, item) for number, item in enumerate(cases, start=1))


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        doubled = next(name for name, _value in pairs if [key for key, _item in pairs].count(name) > 1)
        raise ValueError(f"the key {doubled!r} stands twice in one object")
    return made


def _case(number: int, item: Any) -> PolicyCase:
    if not isinstance(item, dict):
        raise CaseFileError(f"case number {number} is no object")
    case_id, programme, inputs = item.get("id"), item.get("programme"), item.get("inputs")
    if not isinstance(case_id, (str, int)) or isinstance(case_id, bool):
        raise CaseFileError(f"case number {number} has no id")
    if not isinstance(programme, str) or not isinstance(inputs, dict):
        raise CaseFileError(f"case {case_id!r} needs a programme and inputs")
    return PolicyCase(case_id=case_id, programme=programme, inputs=inputs)


def choose_packs(pack_set: PackSet, pack: str | None) -> tuple[PackSet, str | None]:
    """The packs that answer, and the version that is forced: `pack` is a pack's id, or a version's.

    Without `pack` the programme picks the pack and the deciding date the version. Raises CaseFileError.
    """
    if pack is None:
        return pack_set, None
    for candidate in pack_set.packs:
        versions = [version.version_id for version in candidate.versions]
        if pack == candidate.pack_id or pack in versions:
            alone = PackSet(packs=(candidate,), calendar=pack_set.calendar)
            return alone, pack if pack in versions else None
    known = ", ".join(candidate.pack_id for candidate in pack_set.packs)
    raise CaseFileError(f"there is no pack {pack!r}; known: {known}")


def decide_case(pack_set: PackSet, case: PolicyCase, *, version: str | None = None) -> CaseAnswer:
    """The answer to one case. Raises CaseError for an unknown programme or field, or a value that can't be read."""
    if case.programme not in pack_set.programmes:
        known = ", ".join(pack_set.programmes)
        raise CaseError(f"the programme {case.programme!r} is not one of {known}")
    pack = pack_set.pack_for(case.programme)
    scheme = pack.schemes[case.programme]
    given = read_inputs(case.programme, case.inputs)
    forced = given.pop("policy", None) or version
    facts = facts_of(scheme, given, _first_filing(pack, forced))
    judged = judge(pack_set, case.programme, facts.values, facts.lines, version=forced)
    return _answer(case.case_id, judged)


def _first_filing(pack: Pack, version: str | None) -> date | None:
    """The baseline's filing date inside a forced version: its first day, unless the usual baseline lies within."""
    if version is None:
        return None
    for candidate in pack.versions:
        if candidate.version_id == version:
            return None if candidate is pack.versions[0] else candidate.from_on
    raise CaseError(f"{pack.pack_id} has no version {version!r}")


def _answer(case_id: str | int, judged: Judged) -> CaseAnswer:
    outcome = judged.outcome
    pays = outcome in (Outcome.APPROVE, Outcome.SETTLE, Outcome.CLAWBACK)
    # A case file knows no "not in force": a claim that no version serves is refused without a failing clause.
    word = Outcome.REFUSE if outcome is Outcome.NOT_IN_FORCE else outcome
    failed = sorted(verdict.clause.code for verdict in judged.verdicts if verdict.passed is False)
    return CaseAnswer(
        case_id=case_id,
        outcome=word.value,
        payee=_payee(judged) if pays else None,
        amount_fen=judged.amount_fen,
        failed_clauses=tuple(failed),
    )


def _payee(judged: Judged) -> str | None:
    """A firm or school by its code; a person or mentor by that word, because case files hold no names."""
    if judged.payee_kind in (PayeeKind.PERSON, PayeeKind.MENTOR):
        return judged.payee_kind.value
    return judged.payee_ref
