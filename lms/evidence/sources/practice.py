"""Offline practice at a base: signed in, signed out, signed off by the trainer."""

from __future__ import annotations

from typing import Annotated

import msgspec

from courses.data import UnitMode, UnitSpec
from lms.evidence.data import AssessContext, CreditProposal, Evidence, ReasonCode, Stretch, UnableToRecord
from lms.evidence.rules import judge_window, keep_inside, propose, refuse_all
from lms.evidence.source import Instant, Name, Payload, PersonId, Source, read_payload
from lms.lib.intervals import subtract

REVISION = 1


class PracticePayload(Payload, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's attendance of one session. People are ids; `signed_by` null: the trainer has not signed off."""

    session: Name
    schedule: tuple[Instant, Instant]
    in_ms: Instant | None
    out_ms: Instant | None
    signed_by: PersonId | None
    signed_at_ms: Instant | None
    breaks: Annotated[tuple[tuple[Instant, Instant], ...], msgspec.Meta(max_length=50)] = ()
    in_method: Name = ""
    out_method: Name = ""
    confirmed_by: PersonId | None = None


def assess(evidence: Evidence, unit: UnitSpec, context: AssessContext) -> CreditProposal:
    """[in, out] inside the schedule without breaks, once the trainer has signed; no sign-out, no time (domain 1.2)."""
    payload: PracticePayload = read_payload(PracticePayload, evidence.payload)
    kept, outside = judge_window(evidence, evidence.stretches, context)
    kept, unscheduled = keep_inside(kept, (payload.schedule,), ReasonCode.OUTSIDE_SCHEDULE)
    working = subtract((payload.schedule,), payload.breaks)
    kept, paused = keep_inside(kept, working, ReasonCode.ON_BREAK)
    refused = outside + unscheduled + paused
    if payload.signed_by is None:
        kept, unsigned = refuse_all(kept, ReasonCode.NOT_SIGNED_OFF)
        refused += unsigned
    return propose(evidence, unit, context, revision=REVISION, kept=kept, refused=refused)


def witness(payload: PracticePayload, stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """The stretch of practice is [in, out] itself, and all times run forward."""
    if payload.schedule[0] >= payload.schedule[1]:
        raise UnableToRecord("schedule_backward", "payload.schedule ends after it starts.")
    if any(start >= end for start, end in payload.breaks):
        raise UnableToRecord("break_backward", "payload.breaks: each break ends after it starts.")
    if payload.in_ms is not None and payload.out_ms is not None and payload.in_ms >= payload.out_ms:
        raise UnableToRecord("sign_out_before_sign_in", "payload.out_ms lies after payload.in_ms.")
    if stretches and stretches != _attended(payload):
        raise UnableToRecord("stretches_differ", "Leave stretches empty: practice counts from in_ms to out_ms.")
    return _attended(payload)


def _attended(payload: PracticePayload) -> tuple[Stretch, ...]:
    if payload.in_ms is None or payload.out_ms is None:
        return ()
    return (Stretch(wall_from_ms=payload.in_ms, wall_to_ms=payload.out_ms),)


SOURCE = Source(
    code="practice", mode=UnitMode.PRACTICE, revision=REVISION, payload=PracticePayload, assess=assess, witness=witness
)
