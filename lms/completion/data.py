from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition for completing a class: what is asked, what the ledger shows, and what is left to do.

    `required` and `observed` count seconds for hours (`unit` = "seconds") and marks for exams (`unit` = "marks").
    """

    code: str
    subject: str
    unit: str
    required: int
    observed: int | None
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a learner has completed a class, requirement by requirement; none is left out at the first miss."""

    passed: bool
    requirements: tuple[Requirement, ...]

    @property
    def missing(self) -> tuple[Requirement, ...]:
        return tuple(requirement for requirement in self.requirements if not requirement.met)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRecord:
    """A sealed, signed statement that one learner completed one class (结业记录, domain 3.4). Seconds are integers."""

    record_no: str
    enrolment_id: int
    learner_id: int
    class_run_id: int
    programme_code: str
    curriculum_id: int
    curriculum_digest: str
    title: str
    occupation_code: str
    occupation_name: str
    level: int | None
    seconds: Mapping[str, int]
    required: Mapping[str, int]
    results: tuple[Mapping[str, Any], ...]
    person_name: str
    provider_name: str
    starts_on: str
    ends_on: str
    statement_digest: str
    head_seq: int
    head_hash: str
    issued_at: datetime
    verify_code: str
    digest: str
    signature: str
    key_id: str
    supersedes: str | None
    revoked_at: datetime | None
    revoked_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What anybody may learn about a record: the facts, masked, and what was checked just now."""

    record: CompletionRecord
    masked_name: str
    holder_erased: bool
    signature_valid: bool
    content_intact: bool
    standing: str  # "valid", "superseded" or "revoked"

    @property
    def valid(self) -> bool:
        return self.signature_valid and self.content_intact and self.standing == "valid"
