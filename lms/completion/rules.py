"""Does the learning statement satisfy the curriculum? Pure, so that every record can be judged again years later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stdnum.iso7064 import mod_37_2

from courses.data import CurriculumVersion, ExamKind, UnitMode, UnitSpec
from lms.completion.data import Judgement, Requirement
from lms.hours.data import HourLimits
from lms.ledger.data import LearningStatement, ResultLine
from lms.lib.canonical import digest

_HOUR_CODES = {UnitMode.VIDEO: "HRS-01", UnitMode.LIVE: "HRS-02", UnitMode.PRACTICE: "HRS-03"}
_EXAM_CODES = {ExamKind.THEORY: "EXM-01", ExamKind.PRACTICE: "EXM-02"}


def judge_completion(
    *, curriculum: CurriculumVersion, statement: LearningStatement, limits: HourLimits, on_roster: bool
) -> Judgement:
    """Every requirement of the class with what was observed (domain 1.2 attendance threshold, 1.5, 7.2 HRS-01..03).

    Video must be covered to `video_threshold_percent` of its filed seconds, live and practice each attended to
    theirs; every exam of the plan needs its pass mark; the person must stand on the roster.
    """
    requirements = [
        Requirement(code="GEN-05", subject="roster", unit="roster", required=1, observed=int(on_roster), met=on_roster)
    ]
    requirements += [
        _hours(mode, curriculum.seconds(mode), statement, limits) for mode in _HOUR_CODES if curriculum.seconds(mode)
    ]
    requirements += [_exam(unit, statement.results) for unit in curriculum.units if unit.mode is UnitMode.ASSESSMENT]
    return Judgement(passed=all(item.met for item in requirements), requirements=tuple(requirements))


def hours_suffice(*, curriculum: CurriculumVersion, seconds: Mapping[UnitMode, int], limits: HourLimits) -> bool:
    """Whether credited seconds by mode meet every requirement of hours: without that nothing else needs to be read."""
    return all(seconds.get(mode, 0) >= _required(mode, curriculum.seconds(mode), limits) for mode in _HOUR_CODES)


def _required(mode: UnitMode, filed: int, limits: HourLimits) -> int:
    percent = {
        UnitMode.VIDEO: limits.video_threshold_percent,
        UnitMode.LIVE: limits.live_threshold_percent,
        UnitMode.PRACTICE: limits.practice_threshold_percent,
    }[mode]
    return -(-filed * percent // 100)


def _hours(mode: UnitMode, filed: int, statement: LearningStatement, limits: HourLimits) -> Requirement:
    credited = sum(line.credited_seconds for line in statement.modes if line.mode == mode)
    required = _required(mode, filed, limits)
    return Requirement(
        code=_HOUR_CODES[mode],
        subject=mode,
        unit="seconds",
        required=required,
        observed=credited,
        met=credited >= required,
    )


def _exam(unit: UnitSpec, results: Sequence[ResultLine]) -> Requirement:
    latest = next((line.score for line in results if line.unit_key == unit.unit_key), None)
    pass_mark = unit.pass_mark or 0
    return Requirement(
        code=_EXAM_CODES[unit.exam_kind or ExamKind.THEORY],
        subject=f"exam_{unit.exam_kind}",
        unit="marks",
        required=pass_mark,
        observed=latest,
        met=latest is not None and latest >= pass_mark,
    )


def commit_to_person(*, salt: str, name: str, id_hash: str) -> str:
    """What the signed record holds instead of the name: a salted commitment. Once name and salt are erased nobody
    can tell whose record it is, and the signature still holds."""
    return digest([salt, name, id_hash])


def record_number(*, region: str, year: int, sequence: int) -> str:
    """The serial `PXHG-310000-2026-000123-C`; C is the ISO 7064 MOD 37-2 check character (domain 1.6)."""
    body = f"PXHG{region}{year:04d}{sequence:06d}"
    return f"PXHG-{region}-{year:04d}-{sequence:06d}-{mod_37_2.calc_check_digit(body)}"


def is_record_number(text: str) -> bool:
    """Whether `text` is a well-formed serial with the right check character. Case and blanks don't matter."""
    compact = text.strip().upper().replace("-", "")
    return compact.startswith("PXHG") and mod_37_2.is_valid(compact)
