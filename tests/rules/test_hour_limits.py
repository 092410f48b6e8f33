from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from courses.data import CurriculumVersion, ExamKind, OccupationKind, UnitCategory, UnitMode, UnitSpec
from lms.hours import packs
from lms.hours.api import categories_of, explain_limits, judge_plan, limits_for, pack_title
from lms.hours.data import PackIsBroken, PlanFinding, PlanTotals, Severity, UnknownPack
from lms.hours.rules import check_plan, judge_online_share, judge_size, plan_totals

PACK = "REF-HOURS-2026.1"
TEXT = (Path(packs.__file__).parent / "packs" / "ref-hours-2026.1.toml").read_text(encoding="utf-8")


def plan(
    *,
    video: int = 0,
    live: int = 0,
    practice: int = 0,
    kind: OccupationKind = OccupationKind.SKILL,
) -> CurriculumVersion:
    lengths = ((UnitMode.VIDEO, video), (UnitMode.LIVE, live), (UnitMode.PRACTICE, practice))
    units = [
        UnitSpec(
            unit_key=mode.value,
            mode=mode,
            category=UnitCategory.THEORY,
            title=mode.value,
            position=position,
            duration_seconds=seconds,
            required_seconds=seconds,
        )
        for position, (mode, seconds) in enumerate(lengths)
        if seconds
    ]
    exam = UnitSpec(
        unit_key="exam",
        mode=UnitMode.ASSESSMENT,
        category=UnitCategory.THEORY,
        title="exam",
        position=9,
        duration_seconds=0,
        required_seconds=0,
        exam_kind=ExamKind.THEORY,
        pass_mark=60,
    )
    return CurriculumVersion(
        curriculum_id=1,
        course_id=1,
        number=1,
        title="plan",
        course_url="/courses/plan/",
        occupation_code="6-31-01-03",
        occupation_name="电工",
        occupation_kind=kind,
        level=4,
        units=(*units, exam),
        digest="0" * 64,
        frozen_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def test_the_reference_pack_gives_the_figures_of_the_domain() -> None:
    limits = limits_for(pack=PACK, category="blended_class")

    assert limits.period_seconds == 2700
    assert (limits.online_daily_cap_seconds, limits.practice_daily_cap_seconds) == (8 * 2700, 8 * 2700)
    assert limits.total_daily_cap_seconds == 10 * 2700
    assert (limits.heartbeat_seconds, limits.max_rate_milli, limits.rate_slack_ms) == (15, 1000, 2000)
    assert (limits.late_beat_limit_seconds, limits.join_gap_ms) == (600, 500)
    assert (limits.video_threshold_percent, limits.live_threshold_percent, limits.practice_threshold_percent) == (
        100,
        80,
        80,
    )
    assert limits.practice_code_valid_seconds <= 30
    assert limits.practice_code_rotate_seconds < limits.practice_code_valid_seconds


def test_categories_differ_only_where_the_pack_says_so() -> None:
    group = limits_for(pack=PACK, category="group_class")
    blended = limits_for(pack=PACK, category="blended_class")
    online = limits_for(pack=PACK, category="online_class")

    assert dataclasses.replace(blended, category="group_class", presence_checks=False) == group
    assert (online.minimum_seconds, online.online_share_permille_skill) == (64_800, 1000)
    assert blended.presence_checks is True
    assert set(categories_of(pack=PACK)) == {"group_class", "blended_class", "online_class", "open_class"}


def test_every_value_has_a_source_and_both_languages() -> None:
    values = explain_limits(pack=PACK, category="group_class")

    assert {value.name for value in values} == {
        field.name for field in dataclasses.fields(limits_for(pack=PACK, category="group_class"))
    } - {"pack", "category", "digest"}
    assert all(value.ref and value.zh and value.en for value in values)
    assert "不代表主管部门" in pack_title(pack=PACK)[0]


@pytest.mark.parametrize(("pack", "category"), [("REF-HOURS-1999.1", "group_class"), (PACK, "night_class")])
def test_an_unknown_pack_or_category_is_refused(pack: str, category: str) -> None:
    with pytest.raises(UnknownPack):
        limits_for(pack=pack, category=category)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('ref = "[REF] offline buffer"', 'ref = ""', "ref is missing"),
        ('value = 600\nref = "[REF] offline', 'value = 600.5\nref = "[REF] offline', "is no int"),
        ('value = 600\nref = "[REF] offline', 'value = -1\nref = "[REF] offline', "is no int"),
        ('value = 600\nref = "[REF] offline', 'value = true\nref = "[REF] offline', "is no int"),
        ("[values.join_gap_ms]", "[values.join_gap_msec]", "no rule knows"),
        ('en = "Practice only after the online theory (decided per class)"', "", "exactly value, ref, zh and en"),
        ('id = "REF-HOURS-2026.1"', 'id = "REF', "test.toml"),
        ("in_force_from = 2026-01-01", 'in_force_from = "soon"', "not a date"),
    ],
)
def test_a_broken_pack_is_refused_with_the_place_named(old: str, new: str, words: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(PackIsBroken, match=words):
        packs.parse_pack(TEXT.replace(old, new, 1), origin="test.toml")


def test_a_changed_value_changes_the_digest() -> None:
    before = packs.parse_pack(TEXT, origin="a")
    after = packs.parse_pack(TEXT.replace("value = 15\n", "value = 16\n", 1), origin="a")
    reworded = packs.parse_pack("# a comment\n" + TEXT, origin="a")

    assert before.digest != after.digest
    assert before.digest == reworded.digest


def test_totals_leave_assessments_out() -> None:
    assert plan_totals(plan(video=5400, live=5400, practice=10_800)) == PlanTotals(
        video=5400, live=5400, practice=10_800, mentoring=0
    )


def test_a_plan_with_exactly_half_online_may_be_filed() -> None:
    limits = limits_for(pack=PACK, category="group_class")

    assert check_plan(plan(video=5400, live=5400, practice=10_800), limits) == ()


def test_one_online_second_over_half_is_refused_and_never_reads_as_half() -> None:
    limits = limits_for(pack=PACK, category="group_class")

    (finding,) = check_plan(plan(video=5400, live=5401, practice=10_800), limits)

    assert finding == PlanFinding(code="HRS-04", severity=Severity.REFUSE, required="50%", observed="50.1%")


def test_case_17_of_the_domain_70_of_120_periods_online() -> None:
    limits = limits_for(pack=PACK, category="blended_class")

    (finding,) = check_plan(plan(video=162_000, live=27_000, practice=135_000), limits)
    (verdict,) = judge_plan(
        curriculum=plan(video=162_000, live=27_000, practice=135_000), pack=PACK, category="blended_class"
    )

    assert finding == PlanFinding(code="HRS-04", severity=Severity.REFUSE, required="50%", observed="58.3%")
    assert (verdict.code, verdict.severity) == ("HRS-04", Severity.REFUSE)
    assert "58.3%" in verdict.zh
    assert "50%" in verdict.fix_en


@pytest.mark.parametrize(
    ("category", "kind"), [("group_class", OccupationKind.KNOWLEDGE), ("online_class", OccupationKind.SKILL)]
)
def test_the_share_is_free_for_knowledge_occupations_and_online_classes(category: str, kind: OccupationKind) -> None:
    limits = limits_for(pack=PACK, category=category)

    assert check_plan(plan(video=64_800, kind=kind), limits) == ()


def test_an_online_class_one_second_under_24_periods_is_refused() -> None:
    limits = limits_for(pack=PACK, category="online_class")

    assert check_plan(plan(video=64_800), limits) == ()
    (finding,) = check_plan(plan(video=64_799), limits)
    assert finding == PlanFinding(code="HRS-05", severity=Severity.REFUSE, required="24.0", observed="23.9")


def test_a_plan_of_exams_only_is_refused() -> None:
    (finding,) = check_plan(plan(), limits_for(pack=PACK, category="open_class"))

    assert finding.code == "PLAN-01"


def test_all_findings_are_given_not_only_the_first() -> None:
    limits = dataclasses.replace(limits_for(pack=PACK, category="group_class"), minimum_seconds=64_800)

    assert [finding.code for finding in check_plan(plan(video=5400), limits)] == ["HRS-04", "HRS-05"]


@pytest.mark.parametrize(
    ("people", "code"), [(0, None), (50, None), (51, "SIZE-02"), (100, "SIZE-02"), (101, "SIZE-01")]
)
def test_class_size_is_advised_then_refused(people: int, code: str | None) -> None:
    finding = judge_size(people, limits_for(pack=PACK, category="group_class"))

    assert (finding.code if finding else None) == code


def test_the_share_is_compared_in_whole_seconds() -> None:
    assert judge_online_share(1, 3, permille=333) == PlanFinding(
        code="HRS-04", severity=Severity.REFUSE, required="33.3%", observed="33.4%"
    )
    assert judge_online_share(1, 3, permille=334) is None
