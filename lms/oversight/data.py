from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a full check read, and the first thing that is wrong, in words; `fault` is empty when all is sound."""

    learners: int
    entries: int
    fault: str

    @property
    def intact(self) -> bool:
        return not self.fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of the officer's start page."""

    filings_waiting: int
    classes_running: int
    people_learning: int
    claims_waiting: int
    claims_waiting_fen: int
    claims_approved_fen: int
