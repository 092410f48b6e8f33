"""Presence in a live class: connected and in the foreground, proved by answered roll calls."""

from __future__ import annotations

from typing import Annotated

import msgspec

from courses.data import UnitMode, UnitSpec
from lms.evidence.data import AssessContext, CreditProposal, Evidence, ReasonCode, Stretch, UnableToRecord
from lms.evidence.rules import judge_tenure, judge_window, keep_inside, propose, refuse_all
from lms.evidence.source import Instant, Name, Payload, Source, read_payload
from lms.lib.intervals import Span, subtract, total, union

REVISION = 1


class RollCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One roll call; `answered_ms` null: the learner did not answer in time."""

    asked_ms: Instant
    answered_ms: Instant | None = None


class LivePayload(Payload, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`clock` names the holder of the learner's clock, null where the capturer has none of ours."""

    session: Name
    schedule: tuple[Instant, Instant]
    roll_calls: Annotated[tuple[RollCall, ...], msgspec.Meta(max_length=500)] = ()
    clock: Name | None = None


def assess(evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """The union of presence inside the schedule, without roll-call gaps; below the threshold all of it is refused.

    A missed roll call voids the time since the call before it, or since the start (domain 1.2 live class). The
    threshold compares what is left with the scheduled length.
    """
    payload: LivePayload = read_payload(LivePayload, evidence.payload)
    present = tuple(
        Stretch(wall_from_ms=start, wall_to_ms=end)
        for start, end in union((stretch.wall_from_ms, stretch.wall_to_ms) for stretch in evidence.stretches)
    )
    kept, outside = judge_window(evidence, present, context)
    kept, superseded = judge_tenure(kept, payload.clock, context)
    kept, unscheduled = keep_inside(kept, (payload.schedule,), ReasonCode.OUTSIDE_SCHEDULE)
    proved = subtract((payload.schedule,), _gaps(payload))
    kept, unproved = keep_inside(kept, proved, ReasonCode.ROLL_CALL)
    refused = outside + superseded + unscheduled + unproved
    attended = total((stretch.wall_from_ms, stretch.wall_to_ms) for stretch in kept)
    scheduled = payload.schedule[1] - payload.schedule[0]
    if attended * 100 < scheduled * context.limits.live_threshold_percent:
        kept, below = refuse_all(kept, ReasonCode.ATTENDANCE_BELOW)
        refused += below
    return propose(evidence, unit, context, revision=REVISION, kept=kept, refused=refused)


def witness(payload: LivePayload, stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Presence has no media, and the schedule runs forward."""
    if payload.schedule[0] >= payload.schedule[1]:
        raise UnableToRecord("schedule_backward", "payload.schedule ends after it starts.")
    if any(stretch.media_from_ms is not None for stretch in stretches):
        raise UnableToRecord("media_not_allowed", "Presence in a live class has no media times.")
    return stretches


def _gaps(payload: LivePayload) -> tuple[Span, ...]:
    asked = sorted(payload.roll_calls, key=lambda call: call.asked_ms)
    since = [payload.schedule[0], *(call.asked_ms for call in asked)]
    return union(
        (before, call.asked_ms) for before, call in zip(since, asked, strict=False) if call.answered_ms is None
    )


SOURCE = Source(code="live", mode=UnitMode.LIVE, revision=REVISION, payload=LivePayload, assess=assess, witness=witness)
