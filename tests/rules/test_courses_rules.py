from __future__ import annotations

from dataclasses import fields, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.data import ExamKind, UnitCategory, UnitMode, UnitSpec
from courses.rules import (
    Fault,
    UnitFacts,
    curriculum_digest,
    publish_faults,
    search_form,
    search_needles,
    unit_from_value,
    unit_value,
)

MEDIA = UUID("00000000-0000-4000-8000-000000000001")
UNITS = (
    UnitSpec(
        unit_key="u1",
        mode=UnitMode.VIDEO,
        category=UnitCategory.SAFETY,
        title="触电急救",
        position=1,
        duration_seconds=2700,
        required_seconds=2700,
        media_id=MEDIA,
    ),
    UnitSpec(
        unit_key="u2",
        mode=UnitMode.ASSESSMENT,
        category=UnitCategory.THEORY,
        title="理论考核",
        position=2,
        duration_seconds=0,
        required_seconds=0,
        exam_kind=ExamKind.THEORY,
        pass_mark=60,
    ),
)


def digest_of(units: tuple[UnitSpec, ...] = UNITS, **more: object) -> str:
    facts = {
        "title": "低压电工",
        "occupation_code": "6-31-01-03",
        "occupation_name": "电工",
        "occupation_kind": "skill",
        "level": 4,
        **more,
    }
    return curriculum_digest(units=units, **facts)  # type: ignore[arg-type]


def test_the_digest_of_a_known_curriculum_never_changes() -> None:
    assert digest_of() == "0276d5121ed39b18e3b8b11717b5d683b4c3a53ef684f23689d45227423dc995"


def test_whatever_is_taught_changes_the_digest() -> None:
    changed = {
        digest_of(),
        digest_of(title="低压电工二"),
        digest_of(level=None),
        digest_of(level=3),
        digest_of(occupation_code="6-31-01-04"),
        digest_of(occupation_name="电工二"),
        digest_of(occupation_kind="knowledge"),
        digest_of(UNITS[::-1]),
        digest_of(UNITS[:1]),
        digest_of((replace(UNITS[0], media_id=None), UNITS[1])),
        digest_of((replace(UNITS[0], required_seconds=2699), UNITS[1])),
        digest_of((replace(UNITS[0], unit_key="u9"), UNITS[1])),
        digest_of((UNITS[0], replace(UNITS[1], pass_mark=61))),
        digest_of((UNITS[0], replace(UNITS[1], exam_kind=ExamKind.PRACTICE))),
    }
    assert len(changed) == 14


@pytest.mark.parametrize("unit", UNITS)
def test_a_stored_unit_reads_back_as_it_was(unit: UnitSpec) -> None:
    value = unit_value(unit)
    assert unit_from_value(value) == unit
    assert set(value) == {field.name for field in fields(UnitSpec)}


def video(**more: object) -> UnitFacts:
    facts: dict[str, object] = {
        "position": 1,
        "title": "触电急救",
        "mode": UnitMode.VIDEO,
        "seconds": 2700,
        "media_id": MEDIA,
        "media_state": "ready",
        **more,
    }
    return UnitFacts(**facts)  # type: ignore[arg-type]


def found(*units: UnitFacts, intro: str = "好课", payers: int = 1) -> list[Fault]:
    return [fault.fault for fault in publish_faults(units, intro=intro, payers=payers)]


def test_a_whole_course_has_no_fault() -> None:
    assert found(video()) == []
    assert found(UnitFacts(position=1, title="实训", mode=UnitMode.PRACTICE, seconds=60)) == []


@pytest.mark.parametrize(
    ("unit", "fault"),
    [
        (video(media_id=None, media_state="", seconds=0), Fault.NO_VIDEO),
        (video(media_state="uploading", seconds=0), Fault.VIDEO_NOT_READY),
        (video(media_state="queued", seconds=0), Fault.VIDEO_NOT_READY),
        (video(media_state="packaging", seconds=0), Fault.VIDEO_NOT_READY),
        (video(media_state="", seconds=0), Fault.VIDEO_NOT_READY),
        (video(seconds=0), Fault.VIDEO_NOT_READY),
        (video(media_state="failed", seconds=0), Fault.VIDEO_FAILED),
        (video(media_is_own=False), Fault.FOREIGN_VIDEO),
        (UnitFacts(position=1, title="直播", mode=UnitMode.LIVE, seconds=0), Fault.NO_LENGTH),
        (UnitFacts(position=1, title="实训", mode=UnitMode.PRACTICE, seconds=0), Fault.NO_LENGTH),
    ],
)
def test_each_fault_of_a_unit_is_named(unit: UnitFacts, fault: Fault) -> None:
    assert found(unit) == [fault]


def test_faults_of_the_whole_course_are_named() -> None:
    exam = UnitFacts(position=1, title="考核", mode=UnitMode.ASSESSMENT, seconds=0)
    assert found() == [Fault.NO_UNIT]
    assert found(exam) == [Fault.NO_HOURS]
    assert found(video(), intro=" ") == [Fault.NO_INTRO]
    assert found(video(), payers=0) == [Fault.NO_ONE_PAYS]
    assert found(intro="", payers=0) == [Fault.NO_INTRO, Fault.NO_ONE_PAYS, Fault.NO_UNIT]
    assert found(video(), video(position=2)) == [Fault.VIDEO_TWICE]


def test_each_chinese_character_is_a_word() -> None:
    assert search_form("电工PLC，四级") == " 电 工 plc, 四 级 "
    assert search_needles("电工 ＰＬＣ") == (" 电 工 ", "plc")
    assert search_needles("4级") == ("4 级 ",)
    assert search_needles("   ") == ()
    assert len(search_needles("a b c d e f g h")) == 6


_TEXT = st.text(alphabet="电工安全急救abcXYZ19 ，", min_size=0, max_size=30)


@given(before=_TEXT, word=st.text(alphabet="电工安全急救abcXYZ19", min_size=1, max_size=8), after=_TEXT)
def test_a_word_is_found_wherever_it_stands(before: str, word: str, after: str) -> None:
    text = search_form(before + word + after)
    assert all(needle in text for needle in search_needles(word))


@given(text=_TEXT, word=st.text(alphabet="电工安全急救", min_size=1, max_size=4))
def test_a_chinese_word_is_found_only_where_it_stands(text: str, word: str) -> None:
    hit = all(needle in search_form(text) for needle in search_needles(word))
    assert hit == (word in "".join(text.split()))
