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
    CHECK_FAILED = "check_failed"


class CheckKind(StrEnum):
    """Why presence was asked for."""

    START = "start"
    RANDOM = "random"
    END = "end"
    IDLE = "idle"
    CONFIRM = "confirm"


class CheckMethod(StrEnum):
    """How a person shows to be there. One file each in `methods/`."""

    CLICK_CODE = "click_code"
    SMS_CODE = "sms_code"
    CAMERA = "camera"
    SUPERVISED = "supervised"


class CheckResult(StrEnum):
    """What came of a check; `proofs.py` says what each means for the minutes before it."""

    PASSED = "passed"
    FAILED = "failed"
    LAPSED = "lapsed"


class CheckCause(StrEnum):
    """What decided a check."""

    ANSWERED = "answered"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    NOT_SHOWN = "not_shown"
    LEFT = "left"


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
    prompt: CheckPrompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPrompt:
    """A check that waits to be shown. What is to be answered comes with `show_check`, never before."""

    check: UUID
    kind: CheckKind
    method: CheckMethod
    answer_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A check on the screen: what is asked in this `round`, and how long it may still be answered.

    `code` and `choices` belong to the click code; `others` are the methods the person may change to. `notice` says why
    the code is a new one: `wrong`, `too_quick`, `cannot_say` (the picture told nothing), else empty.
    """

    check: UUID
    kind: CheckKind
    method: CheckMethod
    round: int
    code: str
    choices: tuple[str, ...]
    others: tuple[CheckMethod, ...]
    seconds_left: int
    spoken: bool
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFacts:
    """One decided check, for ever. `latency_ms`: from the showing of the last code to its answer, None without one.

    The rule that makes credit of it reads `asked_at`, `decided_at` and `result` alone (`proofs.py`).
    """

    check: UUID
    session: UUID
    learner_id: int
    enrolment_id: int
    kind: CheckKind
    method: CheckMethod
    result: CheckResult
    cause: CheckCause
    asked_at: datetime
    shown_at: datetime | None
    answered_at: datetime | None
    decided_at: datetime
    latency_ms: int | None
    answers: int
    answer_seconds: int
    supervisor_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSummary:
    """The checks of one enrolment, counted. `over_limit`: more missed than `presence_miss_percent` of those decided."""

    enrolment_id: int
    asked: int
    passed: int
    missed: int
    lapsed: int
    latencies_ms: tuple[int, ...]
    over_limit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What was approved for a person: more time for answers, the question spoken. It never changes credit."""

    longer: bool
    spoken: bool
    reason: str
    approved_by: int
    approved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """Everything on record of one play session, for archives. `confirm_until`: when what is pending is refused."""

    session: UUID
    learner_id: int
    enrolment_id: int
    unit_key: str
    unit_ms: int
    hour_pack: str
    category: str
    window_from: datetime
    window_to: datetime
    confirm_until: datetime
    started_at: datetime
    closed_at: datetime | None
    close_reason: CloseReason | None
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledBeats:
    """The beats that one settlement took of a session, as they arrived, and the key of the evidence made of them."""

    session: UUID
    external_key: str
    sealed_at: datetime
    beats: tuple[Beat, ...]


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
    """How much of one video counts already. Spans are media milliseconds and do not overlap.

    `unconfirmed_seconds`: the part of the pending that waits for a passed presence check, not for the ledger.
    """

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
    unconfirmed_seconds: int = 0
    prompt: CheckPrompt | None = None


class CheckNotFound(LookupError):
    """No such presence check, or it is another person's."""


class UnableToCheck(ValueError):
    """Presence can't be asked or answered this way now; the text says why and what to do. `code` is stable."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class UnableToAdjust(ValueError):
    """The adjustment can't be approved; `code` names the rule, the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


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
