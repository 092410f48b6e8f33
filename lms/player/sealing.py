"""Sessions with what settling remembers of them, and the evidence that is made of what they kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from lms.evidence import api as evidence
from lms.evidence.data import EvidenceDraft, Stretch
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import from_ms
from lms.player import memory as memories
from lms.player.data import Beat, CloseReason, Played, Refused, SessionFacts, Verdict
from lms.player.memory import Memory
from lms.player.proofs import Bounds, Proof, Proven, prove
from lms.player.timeline import Outcome, fold_beats, join_touching

MOST_REFUSED = 200
CAPTURER = "player"
SOURCE = "video"
_to_json = msgspec.json.Encoder().encode
# Instants as whole milliseconds and rows as one JSON text: a batch is thousands of rows.
_MS = "(extract(epoch FROM s.{}) * 1000)::bigint".format
_LOAD = f"""
SELECT s.id, s.learner_id, s.enrolment_id, s.unit_key, s.hour_pack, s.category, s.unit_ms, {_MS("started_at")},
       {_MS("window_from")}, {_MS("window_to")}, {_MS("closed_at")}, s.close_reason, {_MS("confirm_until")},
       m.memory::text
  FROM player_playmemory m JOIN player_playsession s ON s.id = m.session_id
 WHERE m.session_id = ANY(%s) ORDER BY m.session_id FOR UPDATE OF m
"""  # noqa: S608  only our own column names
_STORE_SEGMENTS = """
INSERT INTO player_watchsegment (session_id, external_key, beats, sealed_at)
SELECT session, key, beats, %s FROM jsonb_to_recordset(%s::jsonb) AS new (session uuid, key text, beats jsonb)
"""
_STORE_MEMORIES = """
UPDATE player_playmemory AS m SET memory = new.memory, unproven_ms = new.unproven
  FROM jsonb_to_recordset(%s::jsonb) AS new (id uuid, memory jsonb, unproven bigint) WHERE m.session_id = new.id
"""


class Watched(NamedTuple):
    """One session with what settling must know of it."""

    session: UUID
    learner_id: int
    enrolment_id: int
    unit_key: str
    limits: HourLimits
    closed: CloseReason | None
    bounds: Bounds
    facts: SessionFacts
    memory: Memory


class Folded(NamedTuple):
    """What new beats of a session came to. `kept` is what was really watched; `outcome` what of it is sealed now: in a
    class with presence checks only what a check has confirmed already."""

    session: Watched
    outcome: Outcome
    kept: tuple[Played, ...]


def load_sessions(sessions: Sequence[UUID]) -> dict[bytes, Watched]:
    """Sessions with their memories, which are locked until the caller's transaction ends. Unknown ones are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(sessions)])
        rows = cursor.fetchall()
    return {row[0].bytes: _watched(row) for row in rows}


def _watched(row: Sequence[Any]) -> Watched:
    closed = CloseReason(row[11]) if row[11] else None
    return Watched(
        session=row[0],
        learner_id=row[1],
        enrolment_id=row[2],
        unit_key=row[3],
        limits=_limits(row[4], row[5]),
        closed=closed,
        bounds=Bounds(
            closes_ms=row[9] if row[12] is None else row[12],
            ended_ms=row[10] if closed is CloseReason.CHECK_FAILED else None,
        ),
        facts=SessionFacts(
            started_ms=row[7],
            unit_ms=row[6],
            window_from_ms=row[8],
            window_to_ms=row[9],
            superseded_ms=row[10] if closed is CloseReason.SUPERSEDED else None,
        ),
        memory=memories.decode(row[13]),
    )


@cache
def _limits(pack: str, category: str) -> HourLimits:
    """A pack never changes once it is in force, so that it is looked up once in a process."""
    return limits_for(pack=pack, category=category)


def fold_session(session: Watched, beats: Sequence[Beat], proofs: Sequence[Proof], *, now_ms: int) -> Folded:
    """What new beats come to; the session's memory moves on."""
    outcome = fold_beats(session.memory.play, session.facts, beats, session.limits)
    kept = outcome.stretches
    if not outcome.taken:
        return Folded(session, outcome, kept)
    if session.limits.presence_checks:
        proven = prove_memory(session, kept, proofs, now_ms=now_ms)
        outcome = outcome._replace(stretches=proven.sealed, refused=(*outcome.refused, *proven.refused))
    memories.remember(session.memory, outcome.stretches, now_ms=max(beat.received_ms for beat in outcome.taken))
    if kept:
        session.memory.last_media_ms = kept[-1].media_to_ms
    return Folded(session, outcome, kept)


def prove_memory(session: Watched, kept: Sequence[Played], proofs: Sequence[Proof], *, now_ms: int) -> Proven:
    """What the checks say of `kept` and of all that waited; what waits still is in the memory."""
    waiting = join_touching([*session.memory.unproven, *kept])
    proven = prove(waiting, proofs, session.bounds, session.limits, now_ms=now_ms)
    session.memory.unproven = list(proven.pending)
    return proven


def write_outcomes(folded: Sequence[Folded], *, now: datetime) -> int:
    """Evidence, segments and memories of all sessions stand, with the caller's transaction; how much evidence."""
    fresh = [(item.session, item.outcome) for item in folded if item.outcome.taken]
    if not fresh:
        return 0
    received = max(beat.received_ms for _, outcome in fresh for beat in outcome.taken)
    sealed_at = max(now, from_ms(received))  # the front's clock may run a little ahead of ours
    drafts = [_draft(session, outcome) for session, outcome in fresh if outcome.stretches or outcome.refused]
    evidence.record_many(drafts=drafts, now=sealed_at)
    _store_segments(fresh, sealed_at)
    store_memories([session for session, _ in fresh])
    return len(drafts)


def _store_segments(fresh: Sequence[tuple[Watched, Outcome]], sealed_at: datetime) -> None:
    rows = [
        {"session": session.session, "key": _key(session, outcome), "beats": outcome.taken}
        for session, outcome in fresh
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_SEGMENTS, [sealed_at, _to_json(rows).decode()])


def store_memories(sessions: Sequence[Watched]) -> None:
    """The memories of the sessions, which the caller has locked, stand as they are now."""
    rows = [
        {
            "id": session.session,
            "memory": session.memory,
            "unproven": sum(stretch.length_ms for stretch in session.memory.unproven),
        }
        for session in sessions
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_MEMORIES, [_to_json(rows).decode()])


def _key(session: Watched, outcome: Outcome) -> str:
    first, last = outcome.taken[0], outcome.taken[-1]
    return f"{session.session}:{first.boot}.{first.seq}-{last.boot}.{last.seq}"


def _draft(session: Watched, outcome: Outcome) -> EvidenceDraft:
    return _make_draft(
        session,
        key=_key(session, outcome),
        stretches=outcome.stretches,
        refused=outcome.refused[:MOST_REFUSED],
        late=any(item.verdict is Verdict.LATE_SYNC for item in outcome.verdicts),
        captured_at=from_ms(max(beat.received_ms for beat in outcome.taken)),
    )


def drafts_of_proof(session: Watched, proven: Proven, *, tag: str, captured_at: datetime) -> Iterator[EvidenceDraft]:
    """Evidence of what one check (or the end of the make-up days) decided of a session, in pieces that fit."""
    rest = proven.refused
    for part in range(max(1, -(-len(rest) // MOST_REFUSED))):
        yield _make_draft(
            session,
            key=f"{session.session}:{tag}" + (f".{part}" if part else ""),
            stretches=() if part else proven.sealed,
            refused=rest[part * MOST_REFUSED : (part + 1) * MOST_REFUSED],
            late=False,
            captured_at=captured_at,
        )


def _make_draft(
    session: Watched,
    *,
    key: str,
    stretches: Sequence[Played],
    refused: Sequence[Refused],
    late: bool,
    captured_at: datetime,
) -> EvidenceDraft:
    return EvidenceDraft(
        source=SOURCE,
        learner_id=session.learner_id,
        enrolment_id=session.enrolment_id,
        unit_key=session.unit_key,
        stretches=tuple(as_stretch(played) for played in stretches),
        payload={
            "session": str(session.session),
            "late_sync": late,
            "refused": [refused_part(part) for part in refused],
        },
        captured_by=CAPTURER,
        captured_at=captured_at,
        external_key=key,
    )


def as_stretch(played: Played) -> Stretch:
    return Stretch(
        wall_from_ms=played.wall_from_ms,
        wall_to_ms=played.wall_to_ms,
        media_from_ms=played.media_from_ms,
        media_to_ms=played.media_to_ms,
    )


def refused_part(part: Refused) -> dict[str, object]:
    return {
        "reason": part.reason,
        "wall_from_ms": part.claim.wall_from_ms,
        "wall_to_ms": part.claim.wall_to_ms,
        "media_from_ms": part.claim.media_from_ms,
        "media_to_ms": part.claim.media_to_ms,
    }
