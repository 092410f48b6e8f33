"""What a learner's player tells us, and what we make of it. All times are integer milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from lms.evidence.data import ReasonCode
from lms.lib.intervals import Span


class Verdict(StrEnum):
    """What became of one beat. Only the first four keep time; each of the others says why none was kept."""

    COUNTED = "COUNTED"
    CLIPPED = "CLIPPED"
    TOO_FAST = "TOO_FAST"
    LATE_SYNC = "LATE_SYNC"
    TOO_LATE = "TOO_LATE"
    OUT_OF_WINDOW = "OUT_OF_WINDOW"
    SUPERSEDED = "SUPERSEDED"
    REPLAYED = "REPLAYED"
    EMPTY = "EMPTY"
    MALFORMED = "MALFORMED"


class CloseReason(StrEnum):
    """Why a play session takes no further watching (domain 3.3)."""

    SUPERSEDED = "superseded"
    FINISHED = "finished"


class Beat(NamedTuple):
    """One closed stretch of watching as the page tells it.

    `from_ms`/`to_ms` run on the page's monotonic clock, which restarts with each `boot`; `sent_ms` is that clock when
    the message left (of boot `sent_boot`; "" = not told). `received_ms` is the server's clock. `rate_milli` 1000 is
    normal speed.
    """

    boot: str
    seq: int
    from_ms: int
    to_ms: int
    media_from_ms: int
    media_to_ms: int
    rate_milli: int
    why: str
    sent_ms: int
    received_ms: int
    sent_boot: str = ""


class Played(NamedTuple):
    """Watched time: wall `[wall_from_ms, +length_ms)` of the server, spent on media `[media_from_ms, +length_ms)`.

    One length for both: no second of media without a second of wall.
    """

    wall_from_ms: int
    media_from_ms: int
    length_ms: int

    @property
    def wall_to_ms(self) -> int:
        return self.wall_from_ms + self.length_ms

    @property
    def media_to_ms(self) -> int:
        return self.media_from_ms + self.length_ms

    @property
    def media(self) -> Span:
        return self.media_from_ms, self.media_from_ms + self.length_ms


class Refused(NamedTuple):
    """Watching that was claimed and not kept. `reason` is a code of domain 3.3. Where the claim lies outside the time
    that the server saw pass, its wall is told as if it touched the bound that cut it off."""

    reason: str
    claim: Played


class Judged(NamedTuple):
    """The part of one beat that stands (None: nothing), its verdict, and what was refused."""

    stretch: Played | None
    verdict: Verdict
    refused: tuple[Refused, ...]


class SessionFacts(NamedTuple):
    """What is certain of a play session: server instants and the length of the unit. `superseded_ms` is the start of
    the learner's next clock, None while this one runs."""

    started_ms: int
    unit_ms: int
    window_from_ms: int
    window_to_ms: int
    superseded_ms: int | None = None


class Standpoint(NamedTuple):
    """From where one beat is judged: the session, where its page's clock stands on ours (`offset_ms`: server time at
    page clock 0), and the earliest instant that this message may still speak of."""

    session: SessionFacts
    offset_ms: int
    floor_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the learner must know when a video opens; it never stops the picture, only the counting."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySessionFacts:
    """A play session as its page needs it. `token` stands for the session at the heartbeat door until `expires_at`."""

    session: UUID
    token: str
    expires_at: datetime
    next_seq: int
    heartbeat_seconds: int
    resume_position: int
    duration_seconds: int
    max_rate_milli: int
    today_left_seconds: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPart:
    """A stretch of the video that did not count, for the learner's eyes. Media milliseconds."""

    from_ms: int
    to_ms: int
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeProgress:
    """Credited beside required seconds of one mode of the class."""

    mode: str
    credited_seconds: int
    required_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How much of one video counts already. Spans are media milliseconds and do not overlap."""

    credited: tuple[Span, ...]
    pending: tuple[Span, ...]
    refused: tuple[RefusedPart, ...]
    credited_seconds: int
    pending_seconds: int
    unit_seconds: int
    today_left_seconds: int
    modes: tuple[ModeProgress, ...]
    closed: CloseReason | None
    settled_seq: int


class SessionNotFound(LookupError):
    """No such play session, enrolment or unit, or it is another person's."""


class UnableToPlayUnit(ValueError):
    """The unit can't be played; the text says why and what to do. `code` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledSince:
    """Sessions that settling has touched, and the place to read on from."""

    last_id: int
    sessions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSeen:
    """A play session as whoever watches over classes sees it: the beats that were taken, what stands of them by the
    same rules, and what was refused. `device` is a keyed fingerprint of address and browser that tells neither."""

    session: UUID
    learner_id: int
    enrolment_id: int
    started_ms: int
    last_ms: int
    superseded: bool
    device: str
    max_rate_milli: int
    beats: tuple[Beat, ...]
    kept: tuple[Played, ...]
    refused_ms: Mapping[str, int]
    late_ms: int
