"""A video on its way from a trainer's disk to a learner's phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class MediaState(StrEnum):
    UPLOADING = "uploading"
    QUEUED = "queued"
    PACKAGING = "packaging"
    READY = "ready"
    FAILED = "failed"


class MediaError(StrEnum):
    """Why a video could not be made ready. Each has a sentence in `media/messages.py`."""

    SIZE_DIFFERS = "size_differs"
    UPLOAD_ABANDONED = "upload_abandoned"
    SOURCE_MISSING = "source_missing"
    NOT_A_VIDEO = "not_a_video"
    NO_PICTURE = "no_picture"
    TRUNCATED = "truncated"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    DAMAGED = "damaged"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """What others may know of a video. `duration_ms` is the true length of the packaged media; 0 until ready."""

    media_id: UUID
    title: str
    state: MediaState
    owner_id: int
    organisation_id: int
    duration_ms: int
    progress: int
    has_poster: bool
    captions_language: str
    error: MediaError | None
    error_text: str

    @property
    def seconds(self) -> int:
        """Whole seconds of the true length, rounded down."""
        return self.duration_ms // 1000

    @property
    def ready(self) -> bool:
        return self.state is MediaState.READY

    @property
    def can_retry(self) -> bool:
        """Whether trying again could help: the fault may have lain with us and not with the file."""
        return self.error in (MediaError.GAVE_UP, MediaError.DAMAGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPart:
    number: int
    etag: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSlot:
    """An upload that is open. Part n covers bytes [(n-1)*part_size, n*part_size); `parts_done` need no repeat."""

    upload: UUID
    part_size: int
    parts_total: int
    parts_done: tuple[UploadPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackTicket:
    """Where one learner's player finds one video until `expires_at`. Useless to anybody else.

    `master_url` lists segments as presigned storage URLs (at most 10 minutes; for hls.js: on 403 ask for a new
    ticket). `native_url` lists them as our own URLs that redirect to fresh presigned ones (for players that can't
    reload a playlist: iPhone, WeChat on iOS).
    """

    token: str
    master_url: str
    native_url: str
    poster_url: str
    captions_url: str
    captions_language: str
    duration_ms: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackGrant:
    """What a playback token says once its signature is proved."""

    media_id: UUID
    learner_id: int
    session_id: str
    expires_at: datetime


class MediaNotFound(LookupError):
    """No such video, or it is not the asker's."""


class UnableToUpload(ValueError):
    """The upload was refused; the text says why and what to do."""


class UnableToPlay(PermissionError):
    """The playback token is forged, expired, another person's, or the video isn't ready."""


class CaptionsInvalid(ValueError):
    """A captions file is no WebVTT or SubRip. `code`: too_large, not_text, bad_time, no_cue; `line` counts from 1."""

    def __init__(self, code: str, *, line: int = 0, text: str = "") -> None:
        super().__init__(f"{code} {line} {text}".strip())
        self.code = code
        self.line = line
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """A paper that somebody handed in, as the store holds it. `digest` is the SHA-256 of its bytes."""

    key: str
    size: int
    digest: str
