"""The archive of a class (一期一档) as the rest of the house sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["ExportFacts", "ExportState", "UnableToArchive"]


class ExportState(StrEnum):
    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFacts:
    """One export of a class. `progress` is in percent of its learners; size and sha256 are those of the ready file."""

    export_id: int
    class_run_id: int
    state: ExportState
    progress: int
    purpose: str
    requested_by_id: int
    requested_at: datetime
    ready_at: datetime | None
    size: int
    sha256: str

    @property
    def under_way(self) -> bool:
        return self.state in (ExportState.QUEUED, ExportState.BUILDING)


class UnableToArchive(ValueError):
    """Nothing was exported or handed out; the text says why and what to do. `code` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
