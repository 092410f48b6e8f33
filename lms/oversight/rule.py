"""What a rule is: a code, whom it speaks of, and a pure judgement over frozen facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lms.oversight.data import SubjectKind

Figures = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`judge` answers None where nothing is to be seen, else the figures that a person needs to see why.

    It gets what the subject's kind says: a session its `SessionSeen`, a learner a `DaySeen`, a device a `DeviceSeen`.
    """

    code: str
    subject: SubjectKind
    judge: Callable[[Any], Figures | None]
