"""A pack proves itself: its own cases come out as written, and each clause is seen both met and not met."""

from __future__ import annotations

from collections.abc import Mapping

from lms.lib.workdays import WorkCalendar
from lms.subsidy.data import EarlierLine, FactValue, LineStatus, PackError
from lms.subsidy.engine.judge import Judged, judge
from lms.subsidy.engine.pack import Pack, PackCase, PackSet


def check_cases(pack: Pack, calendar: WorkCalendar) -> None:
    """Raises PackError naming each case that comes out otherwise and each clause lacking a passing or failing case."""
    pack_set = PackSet(packs=(pack,), calendar=calendar)
    faults: list[str] = []
    seen: dict[str, set[bool | None]] = {}
    names = [case.case_id for case in pack.cases]
    faults += [f"case {name!r} stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    for case in pack.cases:
        judged = decide_case(pack_set, case)
        faults += _differences(case, judged)
        for verdict in judged.verdicts:
            seen.setdefault(verdict.clause.code, set()).add(verdict.passed)
    for code in pack.clauses:
        answers = seen.get(code, set())
        faults += [f"clause {code} has no passing case"] if True not in answers else []
        faults += [f"clause {code} has no failing case"] if False not in answers else []
    if faults:
        raise PackError(f"{pack.pack_id}: " + "; ".join(faults))


def decide_case(pack_set: PackSet, case: PackCase) -> Judged:
    """One of the pack's own cases, judged: the scheme's baseline with the case's facts laid over it."""
    scheme = pack_set.pack_for(case.programme).schemes[case.programme]
    values = {**scheme.baseline, **case.facts}
    lines = tuple(line_from(f"line {number}", line) for number, line in enumerate(case.lines, start=1))
    return judge(pack_set, case.programme, values, lines)


def line_from(ref: str, line: Mapping[str, FactValue]) -> EarlierLine:
    """An earlier line from its fields as a pack or a case file writes them."""
    fields = dict(line)
    status = LineStatus(str(fields.pop("status")))
    return EarlierLine(line_ref=ref, status=status, **fields)  # type: ignore[arg-type]  # LINE_KINDS checked them


def _differences(case: PackCase, judged: Judged) -> list[str]:
    failed = tuple(sorted(verdict.clause.code for verdict in judged.verdicts if verdict.passed is False))
    came_out = (judged.outcome.value, judged.amount_fen, failed)
    wanted = (case.outcome, case.amount_fen, case.failed)
    return [] if came_out == wanted else [f"case {case.case_id!r} gives {came_out}, not {wanted}"]
