"""Which hour rules hold for a class, and whether a plan may be filed under them."""

from __future__ import annotations

from functools import cache

from courses.data import CurriculumVersion
from lms.hours.data import HourLimits, HourValue, PlanFinding, PlanVerdict, UnknownPack
from lms.hours.packs import find_pack, limits_in
from lms.hours.rules import check_media, check_plan, judge_size, online_limit_seconds, plan_totals
from lms.lib.canonical import JSONValue
from media.api import get_media_many

__all__ = [
    "CURRENT_PACK",
    "UnknownPack",
    "categories_of",
    "explain_finding",
    "explain_limits",
    "judge_media",
    "judge_plan",
    "limits_for",
    "online_limit_seconds",
    "pack_content",
    "pack_title",
    "plan_totals",
]

CURRENT_PACK = "REF-HOURS-2026.1"


@cache
def limits_for(*, pack: str, category: str) -> HourLimits:
    """The limits of a class category under a pack, which never change once it is read. Raises UnknownPack."""
    return limits_in(find_pack(pack), category)


def explain_limits(*, pack: str, category: str) -> tuple[HourValue, ...]:
    """Each value that holds for the category, with its source and its words. Raises UnknownPack."""
    values = find_pack(pack).values.get(category)
    if values is None:
        raise UnknownPack(f"{pack}/{category}")
    return tuple(values.values())


def categories_of(*, pack: str) -> dict[str, tuple[str, str]]:
    """The class categories of a pack: code -> (Chinese title, English title)."""
    return dict(find_pack(pack).titles)


def pack_content(*, pack: str) -> JSONValue:
    """The whole pack as plain JSON: what its digest stands for. Raises UnknownPack."""
    return find_pack(pack).content


def pack_title(*, pack: str) -> tuple[str, str]:
    """What the pack calls itself, in Chinese and English; it says that it is a reference set."""
    found = find_pack(pack)
    return found.zh, found.en


def judge_plan(
    *, curriculum: CurriculumVersion, pack: str, category: str, people: int | None = None
) -> tuple[PlanVerdict, ...]:
    """Every finding on the plan (and the class size, where `people` is given) in words. Raises UnknownPack."""
    limits = limits_for(pack=pack, category=category)
    size = judge_size(people, limits) if people is not None else None
    findings = (*check_plan(curriculum, limits), *((size,) if size else ()))
    return tuple(explain_finding(finding, pack=pack) for finding in findings)


def judge_media(*, curriculum: CurriculumVersion, pack: str, category: str) -> tuple[PlanVerdict, ...]:
    """Every finding on the plan's videos as they lie packaged at this moment, in words. Raises UnknownPack."""
    videos = {unit.media_id for unit in curriculum.units if unit.media_id is not None}
    known = get_media_many(media_ids=videos) if videos else {}
    packaged_ms = {key: facts.duration_ms for key, facts in known.items() if facts.ready}
    findings = check_media(curriculum, limits_for(pack=pack, category=category), packaged_ms=packaged_ms)
    return tuple(explain_finding(finding, pack=pack) for finding in findings)


def explain_finding(finding: PlanFinding, *, pack: str) -> PlanVerdict:
    """The finding with the pack's words for it."""
    text = find_pack(pack).clauses[finding.code]
    figures = {"required": finding.required, "observed": finding.observed, "subject": finding.subject}
    return PlanVerdict(
        code=finding.code,
        severity=finding.severity,
        required=finding.required,
        observed=finding.observed,
        subject=finding.subject,
        zh=text.zh.format(**figures),
        en=text.en.format(**figures),
        fix_zh=text.fix_zh.format(**figures),
        fix_en=text.fix_en.format(**figures),
    )
