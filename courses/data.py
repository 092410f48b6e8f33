"""What is taught, as the rest of the house sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class UnitMode(StrEnum):
    """How a unit is learnt. `assessment` units carry results, never hours."""

    VIDEO = "video"
    LIVE = "live"
    PRACTICE = "practice"
    ASSESSMENT = "assessment"
    MENTORING = "mentoring"


class UnitCategory(StrEnum):
    """What part of the plan a unit belongs to (domain 3.2)."""

    SAFETY = "safety"
    GENERAL = "general"
    THEORY = "theory"
    PRACTICE = "practice"


class ExamKind(StrEnum):
    THEORY = "theory"
    PRACTICE = "practice"


class OccupationKind(StrEnum):
    """`skill` or `knowledge` (知识技能型): it decides how much of a plan may be online (HRS-04)."""

    SKILL = "skill"
    KNOWLEDGE = "knowledge"


class WhoPays(StrEnum):
    """The two ways a worker's training is paid: by the firm, or by the worker who then claims a subsidy."""

    FIRM = "firm"
    PERSON = "person"


HOUR_MODES = (UnitMode.VIDEO, UnitMode.LIVE, UnitMode.PRACTICE, UnitMode.MENTORING)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSpec:
    """One unit of a frozen curriculum.

    `duration_seconds` is the true length (of the packaged video, or as scheduled); `required_seconds` is what the
    plan counts for it. Both are whole seconds; assessment units have 0 for both.
    """

    unit_key: str
    mode: UnitMode
    category: UnitCategory
    title: str
    position: int
    duration_seconds: int
    required_seconds: int
    media_id: UUID | None = None
    exam_kind: ExamKind | None = None
    pass_mark: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumVersion:
    """A course as it stood when it was published. Never changes; a changed course gets the next `number`."""

    curriculum_id: int
    course_id: int
    number: int
    title: str
    course_url: str
    occupation_code: str
    occupation_name: str
    occupation_kind: OccupationKind
    level: int | None
    units: tuple[UnitSpec, ...]
    digest: str
    frozen_at: datetime

    def unit(self, unit_key: str) -> UnitSpec:
        """The unit with this key. Raises UnitNotFound."""
        for unit in self.units:
            if unit.unit_key == unit_key:
                return unit
        raise UnitNotFound(unit_key)

    def seconds(self, mode: UnitMode) -> int:
        """Required seconds of all units of one mode."""
        return sum(unit.required_seconds for unit in self.units if unit.mode is mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCard:
    """A published course in a list."""

    course_id: int
    curriculum_id: int
    title: str
    intro: str
    url: str
    provider_id: int
    subject: str
    occupation_code: str
    occupation_name: str
    level: int | None
    who_pays: tuple[WhoPays, ...]
    video_seconds: int
    live_seconds: int
    practice_seconds: int

    @property
    def total_seconds(self) -> int:
        return self.video_seconds + self.live_seconds + self.practice_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDraft:
    """A unit as a caller of `create_course` describes it. `unit_key` empty: a new key is given.

    `minutes` is the scheduled length of live and practice units; a video's length comes from its media.
    """

    mode: UnitMode
    title: str
    category: UnitCategory = UnitCategory.THEORY
    unit_key: str = ""
    media_id: UUID | None = None
    minutes: int = 0
    exam_kind: ExamKind | None = None
    pass_mark: int | None = None
    summary: str = ""


class CourseNotFound(LookupError):
    """No such course, or it has never been published."""


class CurriculumNotFound(LookupError):
    """No such frozen curriculum."""


class UnitNotFound(LookupError):
    """The curriculum has no unit with this key."""


class CourseNotPublishable(ValueError):
    """The course can't be published; `reasons` say in plain words what is missing."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons
