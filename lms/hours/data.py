"""What the hour rules give to others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    REFUSE = "refuse"
    WARN = "warn"


class UnknownPack(LookupError):
    """No pack of hour rules, or no class category in it, has this name."""


class PackIsBroken(ValueError):
    """A pack file misses a value, a reference or a language, or holds something that no rule knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLimits:
    """The numbers that hold for one category of classes under one pack. `digest` seals the whole pack.

    Seconds and milliseconds are integers; permille and percent are integers out of 1000 and 100.
    """

    pack: str
    category: str
    digest: str
    period_seconds: int
    max_rate_milli: int
    heartbeat_seconds: int
    rate_slack_ms: int
    join_gap_ms: int
    late_beat_limit_seconds: int
    online_daily_cap_seconds: int
    practice_daily_cap_seconds: int
    total_daily_cap_seconds: int
    video_threshold_percent: int
    live_threshold_percent: int
    practice_threshold_percent: int
    live_late_seconds: int
    presence_checks: bool
    presence_gap_from_seconds: int
    presence_gap_to_seconds: int
    presence_answer_seconds: int
    presence_sms_answer_seconds: int
    presence_adjusted_answer_seconds: int
    presence_delivery_seconds: int
    presence_return_seconds: int
    presence_start_free_seconds: int
    presence_tries: int
    presence_quick_ms: int
    presence_failures_end: int
    presence_miss_percent: int
    presence_by_click: bool
    presence_by_sms: bool
    presence_by_camera: bool
    presence_by_supervisor: bool
    idle_prompt_seconds: int
    supervised_proof_seconds: int
    order_gate: bool
    practice_code_rotate_seconds: int
    practice_code_valid_seconds: int
    practice_early_seconds: int
    practice_late_seconds: int
    filing_months: int
    make_up_working_days: int
    appeal_lodge_working_days: int
    appeal_answer_working_days: int
    appeal_onward_working_days: int
    appeal_final_working_days: int
    roster_add_permille: int
    roster_needed_at_filing: bool
    class_size_warn: int
    class_size_max: int
    online_share_permille_skill: int
    online_share_permille_knowledge: int
    minimum_seconds: int
    media_reserve_permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HourValue:
    """One value of a pack with its source and its words, for people who ask why."""

    name: str
    value: int | bool
    ref: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseText:
    """The words of one clause; `{required}` and `{observed}` stand for the figures, `{subject}` for the unit."""

    code: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFinding:
    """What the plan validator found. `required` and `observed` are written for people ("50 %", "24.0"); `subject`
    names the unit where it is about one."""

    code: str
    severity: Severity
    required: str
    observed: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVerdict:
    """One finding in both languages, with what to do about it."""

    code: str
    severity: Severity
    required: str
    observed: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTotals:
    """Seconds of a plan by mode; assessments are not hours and are left out."""

    video: int
    live: int
    practice: int
    mentoring: int

    @property
    def online(self) -> int:
        return self.video + self.live

    @property
    def total(self) -> int:
        return self.online + self.practice + self.mentoring
