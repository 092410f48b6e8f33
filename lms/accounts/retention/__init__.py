"""How long what is kept: dated values with their sources, never code. The file is checked when it is first read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from lms.lib.months import add_months

_FILE = Path(__file__).parent / "ref-retention-2026.1.toml"


class RetentionIsBroken(ValueError):
    """A rule misses its length, its source or a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """One rule. `months` and `days` after the event, last day included."""

    code: str
    months: int
    days: int
    ref: str
    zh: str
    en: str

    def until(self, event: date) -> date:
        """The last day on which what belongs to an event of that day is kept."""
        return add_months(event, self.months) + timedelta(days=self.days)


def rule(code: str) -> RetentionRule:
    """The rule with this code. Raises KeyError."""
    return rules()[code]


@cache
def rules() -> Mapping[str, RetentionRule]:
    """Every rule of the set in force. Raises RetentionIsBroken."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {code: _checked(code, entry) for code, entry in raw["rules"].items()}


def _checked(code: str, entry: Mapping[str, object]) -> RetentionRule:
    months, days = entry.get("months"), entry.get("days", 0)
    texts = [entry.get(name) for name in ("ref", "zh", "en")]
    if type(months) is not int or type(days) is not int or not all(isinstance(text, str) and text for text in texts):
        raise RetentionIsBroken(code)
    ref, zh, en = map(str, texts)
    return RetentionRule(code=code, months=months, days=days, ref=ref, zh=zh, en=en)
