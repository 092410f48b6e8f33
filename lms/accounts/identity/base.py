from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from lms.accounts.data import CheckOutcome, IdType


class AdapterUnreachable(ConnectionError):
    """The outside party gave no answer in time. The person stays at the level they have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Do these belong together? Three elements when `mobile` is given. Never logged: repr hides the values."""

    name: str = field(repr=False)
    id_type: IdType
    id_number: str = field(repr=False)
    mobile: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """PASSED and FAILED are the party's word; UNKNOWN means that it holds no record. `reference` is its receipt."""

    outcome: CheckOutcome
    reference: str = ""


class IdentityAdapter(Protocol):
    """One outside party. It answers within three seconds or raises AdapterUnreachable; it never guesses."""

    code: str

    def match(self, question: Question) -> Answer:
        """The party's answer to `question`."""
        ...
