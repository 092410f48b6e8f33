"""What crosses the door of points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DEVICE_COOKIE = "learning_point"  # holds the key of a point's device; `api.device_behind` knows it


class ProofKind(StrEnum):
    """When the supervisor saw the person."""

    IN = "in"
    SEEN = "seen"
    OUT = "out"


class EndReason(StrEnum):
    """Why a visit is over. Only `checked_out` is a proof."""

    CHECKED_OUT = "checked_out"
    LEFT = "left"
    FORGOTTEN = "forgotten"
    NOT_CHECKED_IN = "not_checked_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFacts:
    """A learning point. `supervisor_ids`: who supervises now."""

    point_id: int
    organisation_id: int
    title: str
    place: str
    supervisor_ids: tuple[int, ...]
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """One device of a point."""

    device_id: int
    point_id: int
    name: str
    registered_at: datetime
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """One person at one device. `in_at` None: asked, not checked in yet. `last_proof_at`: until when it counts."""

    visit_id: int
    device_id: int
    learner_id: int
    asked_at: datetime
    in_at: datetime | None
    last_proof_at: datetime | None
    proof_due_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    tries_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device just registered; `key` is for its cookie and is shown nowhere else."""

    device: DeviceFacts
    key: str


class NotYours(LookupError):
    """There is no such point, device or visit for this person."""


class UnableAtPoint(ValueError):
    """The door refuses; `code` names the rule and picks the words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
