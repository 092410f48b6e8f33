"""Is a plan one that the hour rules allow? Pure: the same plan and limits always give the same findings."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from courses.data import CurriculumVersion, UnitMode
from lms.hours.data import HourLimits, PlanFinding, PlanTotals, Severity
from lms.lib.periods import periods_text

_KNOWLEDGE = "knowledge"


def plan_totals(curriculum: CurriculumVersion) -> PlanTotals:
    """Required seconds of the plan by mode."""
    seconds = dict.fromkeys(UnitMode, 0)
    for unit in curriculum.units:
        seconds[unit.mode] += unit.required_seconds
    return PlanTotals(
        video=seconds[UnitMode.VIDEO],
        live=seconds[UnitMode.LIVE],
        practice=seconds[UnitMode.PRACTICE],
        mentoring=seconds[UnitMode.MENTORING],
    )


def check_plan(curriculum: CurriculumVersion, limits: HourLimits) -> tuple[PlanFinding, ...]:
    """Everything that stands against the plan; empty when it may be filed. All rules are asked, none stops the next."""
    totals = plan_totals(curriculum)
    lengthless = [
        _refuse("PLAN-02", required="> 0", observed=unit.title)
        for unit in curriculum.units
        if unit.mode is not UnitMode.ASSESSMENT and unit.required_seconds <= 0
    ]
    if totals.total <= 0:
        return (_refuse("PLAN-01", required="> 0", observed="0"), *lengthless)
    share = judge_online_share(totals.online, totals.total, permille=online_share_permille(curriculum, limits))
    return tuple(finding for finding in (share, _judge_minimum(totals, limits), *lengthless) if finding)


def check_media(
    curriculum: CurriculumVersion, limits: HourLimits, *, packaged_ms: Mapping[UUID, int]
) -> tuple[PlanFinding, ...]:
    """Whether the packaged videos are long enough for what is filed and for what the programme asks.

    `packaged_ms` is the true length of each packaged video; a video that is not there is 0 long. Only whole seconds
    count (domain 7.2, HRS-01): a learner can never be credited more than the floor of a video's length. Filed seconds
    are that floor, so the reserve is asked of the programme's minimum alone.
    """
    findings: list[PlanFinding] = []
    packaged = 0
    for unit in curriculum.units:
        if unit.mode is not UnitMode.VIDEO:
            continue
        seconds = packaged_ms.get(unit.media_id, 0) // 1000 if unit.media_id else 0
        packaged += seconds
        if seconds < unit.required_seconds:
            findings.append(
                PlanFinding(
                    code="PLAN-03",
                    severity=Severity.REFUSE,
                    required=_length(unit.required_seconds),
                    observed=_length(seconds),
                    subject=unit.title,
                )
            )
    return (*findings, *_judge_reserve(plan_totals(curriculum), packaged, limits))


def online_share_permille(curriculum: CurriculumVersion, limits: HourLimits) -> int:
    """The largest online share for the plan's kind of occupation, out of 1000. An unknown kind counts as skill."""
    if curriculum.occupation_kind == _KNOWLEDGE:
        return limits.online_share_permille_knowledge
    return limits.online_share_permille_skill


def online_limit_seconds(curriculum: CurriculumVersion, limits: HourLimits) -> int | None:
    """The most online seconds that may ever be credited under this plan (HRS-04); None where there is no bound."""
    permille = online_share_permille(curriculum, limits)
    return None if permille >= 1000 else permille * plan_totals(curriculum).total // 1000


def judge_online_share(online_seconds: int, total_seconds: int, *, permille: int) -> PlanFinding | None:
    """HRS-04: online seconds are at most `permille` of all seconds. Compared in seconds, never in rounded shares."""
    if online_seconds * 1000 <= permille * total_seconds:
        return None
    # a share just over the bound must not read as the bound
    observed = max(online_seconds * 1000 // total_seconds, permille + 1)
    return _refuse("HRS-04", required=_percent(permille), observed=_percent(observed))


def judge_size(people: int, limits: HourLimits) -> PlanFinding | None:
    """A class above the advised size is flagged, above the hard size refused."""
    if people > limits.class_size_max:
        return _refuse("SIZE-01", required=str(limits.class_size_max), observed=str(people))
    if people > limits.class_size_warn:
        return PlanFinding(
            code="SIZE-02", severity=Severity.WARN, required=str(limits.class_size_warn), observed=str(people)
        )
    return None


def _judge_minimum(totals: PlanTotals, limits: HourLimits) -> PlanFinding | None:
    if totals.total >= limits.minimum_seconds:
        return None
    return _refuse(
        "HRS-05",
        required=periods_text(limits.minimum_seconds, period_seconds=limits.period_seconds),
        observed=periods_text(totals.total, period_seconds=limits.period_seconds),
    )


def _judge_reserve(totals: PlanTotals, packaged: int, limits: HourLimits) -> tuple[PlanFinding, ...]:
    """PLAN-04, PLAN-05: the plan with its videos as packaged beside the minimum. A plan filed too short is HRS-05."""
    minimum, reserve = limits.minimum_seconds, limits.media_reserve_permille
    there = totals.total - totals.video + packaged
    if totals.video == 0 or totals.total < minimum or there * 1000 >= minimum * (1000 + reserve):
        return ()
    short = there < minimum
    return (
        PlanFinding(
            code="PLAN-04" if short else "PLAN-05",
            severity=Severity.REFUSE if short else Severity.WARN,
            required=_length(minimum if short else -(-minimum * (1000 + reserve) // 1000)),
            observed=_length(there),
        ),
    )


def _length(seconds: int) -> str:
    """`18:00:00`, hours first, as a player shows it."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _refuse(code: str, *, required: str, observed: str) -> PlanFinding:
    return PlanFinding(code=code, severity=Severity.REFUSE, required=required, observed=observed)


def _percent(permille: int) -> str:
    return f"{permille // 10}%" if permille % 10 == 0 else f"{permille // 10}.{permille % 10}%"
