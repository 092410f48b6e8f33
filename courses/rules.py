"""Pure judgements on courses: may it be published, what is its digest, how is its text searched."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from courses.data import HOUR_MODES, CurriculumVersion, ExamKind, UnitCategory, UnitMode, UnitSpec
from lms.lib.canonical import JSONValue, digest


class Fault(StrEnum):
    """Why a course can't be published yet."""

    NO_UNIT = "no_unit"
    NO_HOURS = "no_hours"
    NO_VIDEO = "no_video"
    VIDEO_NOT_READY = "video_not_ready"
    VIDEO_FAILED = "video_failed"
    FOREIGN_VIDEO = "foreign_video"
    VIDEO_TWICE = "video_twice"
    NO_LENGTH = "no_length"
    NO_INTRO = "no_intro"
    NO_ONE_PAYS = "no_one_pays"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """A unit of a draft with what is known of its video. `position` counts from 1."""

    position: int
    title: str
    mode: UnitMode
    seconds: int
    media_id: UUID | None = None
    media_state: str = ""
    media_is_own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishFault:
    """One reason against publishing; `position` and `title` name the unit, 0 and "" mean the whole course."""

    fault: Fault
    position: int = 0
    title: str = ""


def publish_faults(units: Sequence[UnitFacts], *, intro: str, payers: int) -> tuple[PublishFault, ...]:
    """Everything that stands against publishing, in the order of the page; empty when nothing does."""
    faults: list[PublishFault] = []
    if not intro.strip():
        faults.append(PublishFault(fault=Fault.NO_INTRO))
    if not payers:
        faults.append(PublishFault(fault=Fault.NO_ONE_PAYS))
    if not units:
        return (*faults, PublishFault(fault=Fault.NO_UNIT))
    seen: set[UUID] = set()
    for unit in units:
        fault = _unit_fault(unit, seen)
        if fault is not None:
            faults.append(PublishFault(fault=fault, position=unit.position, title=unit.title))
        if unit.media_id is not None:
            seen.add(unit.media_id)
    if not any(unit.mode in HOUR_MODES for unit in units):
        faults.append(PublishFault(fault=Fault.NO_HOURS))
    return tuple(faults)


def _unit_fault(unit: UnitFacts, seen: set[UUID]) -> Fault | None:
    if unit.mode in (UnitMode.LIVE, UnitMode.PRACTICE):
        return None if unit.seconds > 0 else Fault.NO_LENGTH
    if unit.mode is not UnitMode.VIDEO:
        return None
    if unit.media_id is None:
        return Fault.NO_VIDEO
    if not unit.media_is_own:
        return Fault.FOREIGN_VIDEO
    if unit.media_state == "failed":
        return Fault.VIDEO_FAILED
    if unit.media_state != "ready" or unit.seconds <= 0:
        return Fault.VIDEO_NOT_READY
    return Fault.VIDEO_TWICE if unit.media_id in seen else None


def curriculum_digest(
    *,
    title: str,
    occupation_code: str,
    occupation_name: str,
    occupation_kind: str,
    level: int | None,
    units: Sequence[UnitSpec],
) -> str:
    """The SHA-256 of what a curriculum teaches. Independent of addresses, dates and the order of dictionary keys."""
    return digest(
        _curriculum_value(title, occupation_code, occupation_name, occupation_kind, level, units),
    )


def curriculum_value(curriculum: CurriculumVersion) -> dict[str, JSONValue]:
    """What the digest of a frozen curriculum stands for."""
    return _curriculum_value(
        curriculum.title,
        curriculum.occupation_code,
        curriculum.occupation_name,
        curriculum.occupation_kind.value,
        curriculum.level,
        curriculum.units,
    )


def _curriculum_value(
    title: str,
    occupation_code: str,
    occupation_name: str,
    occupation_kind: str,
    level: int | None,
    units: Sequence[UnitSpec],
) -> dict[str, JSONValue]:
    return {
        "format": "curriculum/1",
        "title": title,
        "occupation": {"code": occupation_code, "name": occupation_name, "kind": occupation_kind},
        "level": level,
        "units": [unit_value(unit) for unit in units],
    }


def unit_value(unit: UnitSpec) -> dict[str, JSONValue]:
    """The unit as plain JSON, the form that is stored and hashed."""
    return {
        "unit_key": unit.unit_key,
        "mode": unit.mode.value,
        "category": unit.category.value,
        "title": unit.title,
        "position": unit.position,
        "duration_seconds": unit.duration_seconds,
        "required_seconds": unit.required_seconds,
        "media_id": str(unit.media_id) if unit.media_id else None,
        "exam_kind": unit.exam_kind.value if unit.exam_kind else None,
        "pass_mark": unit.pass_mark,
    }


def unit_from_value(value: Mapping[str, object]) -> UnitSpec:
    """The unit that `unit_value` wrote."""
    media, exam, mark = value["media_id"], value["exam_kind"], value["pass_mark"]
    return UnitSpec(
        unit_key=str(value["unit_key"]),
        mode=UnitMode(str(value["mode"])),
        category=UnitCategory(str(value["category"])),
        title=str(value["title"]),
        position=int(str(value["position"])),
        duration_seconds=int(str(value["duration_seconds"])),
        required_seconds=int(str(value["required_seconds"])),
        media_id=UUID(str(media)) if media else None,
        exam_kind=ExamKind(str(exam)) if exam else None,
        pass_mark=None if mark is None else int(str(mark)),
    )


_CJK = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)


def _is_han(char: str) -> bool:
    code = ord(char)
    return any(low <= code <= high for low, high in _CJK)


def search_form(text: str) -> str:
    """`text` as it is stored for searching: folded to one width and case, each Chinese character a word by itself.

    PostgreSQL's trigram index knows words, and a Chinese sentence would be one word whose inner two-character
    parts it can't find by index. With blanks around each character, any run of characters is found by index.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    spread = "".join(f" {char} " if _is_han(char) else char for char in folded)
    return f" {' '.join(spread.split())} "


def search_needles(query: str, *, most: int = 6) -> tuple[str, ...]:
    """What must occur in a `search_form` for the query's words (divided by blanks) to occur in the text."""
    needles = []
    for word in query.split()[:most]:
        spread = search_form(word)
        # A Latin word may be the middle of a longer one; a Chinese character is always a word by itself.
        core = spread.strip()
        if not core:
            continue
        left = " " if _is_han(core[0]) else ""
        right = " " if _is_han(core[-1]) else ""
        needles.append(f"{left}{core}{right}")
    return tuple(needles)
