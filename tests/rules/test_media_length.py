"""The packaged videos beside what is filed and what the programme asks (issue: a plan must be learnable in full)."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest

from courses.data import CurriculumVersion, UnitCategory, UnitMode, UnitSpec
from lms.hours.api import limits_for
from lms.hours.data import PlanFinding, Severity
from lms.hours.rules import check_media
from tests.rules.test_hour_limits import PACK, plan

GROUP = limits_for(pack=PACK, category="group_class")
ONLINE = limits_for(pack=PACK, category="online_class")
FIRST, SECOND = UUID(int=1), UUID(int=2)


def videos(**seconds: int) -> tuple[UnitSpec, ...]:
    return tuple(
        UnitSpec(
            unit_key=title, mode=UnitMode.VIDEO, category=UnitCategory.THEORY, title=title, position=at,
            duration_seconds=length, required_seconds=length, media_id=UUID(int=at),
        )
        for at, (title, length) in enumerate(seconds.items(), start=1)
    )  # fmt: skip


def course(**seconds: int) -> CurriculumVersion:
    return dataclasses.replace(plan(), units=videos(**seconds))


def test_filed_seconds_are_the_floor_of_the_packaged_length() -> None:
    filed = course(a=2700)

    assert check_media(filed, GROUP, packaged_ms={FIRST: 2_700_000}) == ()
    assert check_media(filed, GROUP, packaged_ms={FIRST: 2_700_999}) == ()
    assert check_media(filed, GROUP, packaged_ms={FIRST: 2_699_999}) == (
        PlanFinding(code="PLAN-03", severity=Severity.REFUSE, required="0:45:00", observed="0:44:59", subject="a"),
    )


def test_a_video_that_is_not_there_is_0_long_and_each_short_one_is_named() -> None:
    findings = check_media(course(a=60, b=61), GROUP, packaged_ms={SECOND: 60_000})

    assert [(one.subject, one.observed) for one in findings] == [("a", "0:00:00"), ("b", "0:01:00")]


@pytest.mark.parametrize(
    ("packaged", "code", "required"),
    [
        (64_799, "PLAN-04", "18:00:00"),
        (64_800, "PLAN-05", "18:10:48"),
        (65_447, "PLAN-05", "18:10:48"),
        (65_448, None, ""),
    ],
)
def test_the_programme_asks_for_its_minimum_and_advises_one_per_cent_more(
    packaged: int, code: str | None, required: str
) -> None:
    found = check_media(course(a=64_800), ONLINE, packaged_ms={FIRST: packaged * 1000})
    of_the_plan = [one for one in found if one.code != "PLAN-03"]

    assert [(one.code, one.required) for one in of_the_plan] == ([(code, required)] if code else [])
    assert [one.severity for one in found if one.code == "PLAN-05"] == ([Severity.WARN] if code == "PLAN-05" else [])


def test_a_plan_filed_too_short_is_told_so_once_and_one_without_minimum_or_videos_never() -> None:
    assert check_media(course(a=60), ONLINE, packaged_ms={FIRST: 60_000}) == ()
    assert check_media(course(a=60), GROUP, packaged_ms={FIRST: 60_000}) == ()
    assert check_media(plan(live=64_800), ONLINE, packaged_ms={}) == ()
