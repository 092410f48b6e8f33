"""Video watched in our player, or in another system that can prove server times."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from courses.data import UnitMode, UnitSpec
from lms.evidence.data import (
    AssessContext,
    CreditProposal,
    Evidence,
    ReasonCode,
    RefusedStretch,
    Stretch,
    UnableToRecord,
)
from lms.evidence.rules import LONGEST_STRETCH_MS, fit, judge_tenure, judge_window, propose
from lms.evidence.source import Instant, MediaPoint, Name, Payload, Source, read_payload

REVISION = 1


class RefusedPart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part that the player itself turned down, kept so that the statement can say why it does not count."""

    wall_from_ms: Instant
    wall_to_ms: Instant
    reason: Literal["speed_clip", "no_presence", "superseded", "out_of_window", "dup_media", "over_wall_clock"]
    media_from_ms: MediaPoint | None = None
    media_to_ms: MediaPoint | None = None


class VideoPayload(Payload, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`session` is the holder of the learner's clock; `late_sync` marks what arrived after a loss of network."""

    session: Name
    late_sync: bool = False
    refused: Annotated[tuple[RefusedPart, ...], msgspec.Meta(max_length=500)] = ()


def assess(evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """Every millisecond of media that played while the session held the clock, inside the window and the video."""
    payload: VideoPayload = read_payload(VideoPayload, evidence.payload)
    kept, outside = judge_window(evidence, fit(evidence.stretches), context)
    kept, superseded = judge_tenure(kept, payload.session, context)
    kept, beyond = _inside_media(kept, unit.duration_seconds * 1000)
    told = tuple(_refused(part) for part in payload.refused)
    return propose(evidence, unit, context, revision=REVISION, kept=kept, refused=told + outside + superseded + beyond)


def witness(payload: VideoPayload, stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Every stretch of video names the media that played, and every refused part runs forward, at most a day."""
    if any(stretch.media_from_ms is None for stretch in stretches):
        raise UnableToRecord("media_missing", "Each stretch of video needs media_from_ms and media_to_ms.")
    if any(not 0 < part.wall_to_ms - part.wall_from_ms <= LONGEST_STRETCH_MS for part in payload.refused):
        raise UnableToRecord("stretch_backward", "payload.refused: each part ends after it starts, within a day.")
    return stretches


def _refused(part: RefusedPart) -> RefusedStretch:
    """The whole wall time counts as refused; where media is told it starts there and runs as long."""
    stretch = Stretch(wall_from_ms=part.wall_from_ms, wall_to_ms=part.wall_to_ms, media_from_ms=part.media_from_ms)
    return RefusedStretch(stretch=stretch.part(part.wall_from_ms, part.wall_to_ms), reason=ReasonCode(part.reason))


def _inside_media(
    stretches: tuple[Stretch, ...], length_ms: int
) -> tuple[tuple[Stretch, ...], tuple[RefusedStretch, ...]]:
    kept: list[Stretch] = []
    beyond: list[RefusedStretch] = []
    for stretch in stretches:
        media_from = stretch.media_from_ms or 0
        cut = stretch.wall_from_ms + max(0, min(stretch.length_ms, length_ms - media_from))
        if cut > stretch.wall_from_ms:
            kept.append(stretch.part(stretch.wall_from_ms, cut))
        if cut < stretch.wall_to_ms:
            rest = stretch.part(cut, stretch.wall_to_ms)
            beyond.append(RefusedStretch(stretch=rest, reason=ReasonCode.OVER_LENGTH))
    return tuple(kept), tuple(beyond)


SOURCE = Source(
    code="video", mode=UnitMode.VIDEO, revision=REVISION, payload=VideoPayload, assess=assess, witness=witness
)
