"""From the stream to sealed evidence, in batches, each in one transaction together with its place in the stream."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from lms.evidence import api as evidence
from lms.evidence.data import EvidenceDraft, Stretch
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.ledger import api as ledger
from lms.lib.localday import from_ms
from lms.player import memory as memories
from lms.player import stream, wire
from lms.player.data import Beat, CloseReason, Played, Refused, SessionFacts, Verdict
from lms.player.locks import LeaseLost, hold_lease, move_on
from lms.player.memory import Memory
from lms.player.models import QuarantinedBeat
from lms.player.timeline import Outcome, fold_beats
from lms.player.wire import Arrival, Settled

log = structlog.get_logger(__name__)

LEASE_SECONDS = 30
MOST_REFUSED = 200
MOST_VERDICTS = 60
_to_json = msgspec.json.Encoder().encode
# Instants as whole milliseconds and rows as one JSON text: a batch is thousands of rows.
_MS = "(extract(epoch FROM s.{}) * 1000)::bigint".format
_LOAD = f"""
SELECT s.id, s.learner_id, s.enrolment_id, s.unit_key, s.hour_pack, s.category, s.unit_ms, {_MS("started_at")},
       {_MS("window_from")}, {_MS("window_to")}, {_MS("closed_at")}, s.close_reason, m.memory::text
  FROM player_playmemory m JOIN player_playsession s ON s.id = m.session_id
 WHERE m.session_id = ANY(%s) ORDER BY m.session_id FOR UPDATE OF m
"""  # noqa: S608  only our own column names
_STORE_SEGMENTS = """
INSERT INTO player_watchsegment (session_id, external_key, beats, sealed_at)
SELECT session, key, beats, %s FROM jsonb_to_recordset(%s::jsonb) AS new (session uuid, key text, beats jsonb)
"""
_STORE_MEMORIES = """
UPDATE player_playmemory AS m SET memory = new.memory
  FROM jsonb_to_recordset(%s::jsonb) AS new (id uuid, memory jsonb) WHERE m.session_id = new.id
"""
CAPTURER = "player"
SOURCE = "video"


class Cannot(Exception):
    """A message that can never be settled."""


class Waiting(NamedTuple):
    """One message with its place in the stream. `arrival` None: unreadable."""

    stream_id: str
    position: int
    raw: bytes
    arrival: Arrival | None


class Watched(NamedTuple):
    """One session with what settling must know of it."""

    session: UUID
    learner_id: int
    enrolment_id: int
    unit_key: str
    hour_pack: str
    category: str
    superseded: bool
    facts: SessionFacts
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleReport:
    """What one batch did. `more`: the stream held more than one batch."""

    messages: int = 0
    beats: int = 0
    evidence: int = 0
    quarantined: int = 0
    more: bool = False


def settle_batch(*, shard: int, token: int, last_id: str, now: datetime, limit: int) -> tuple[SettleReport, str]:
    """The next `limit` messages of the shard are settled and trimmed; the report and the new place in the stream.

    Raises LeaseLost, and what a lost database or Valkey raises: then nothing was written and nothing is lost.
    """
    with without_collecting():
        return _settle_batch(shard, token, last_id, now, limit)


@contextmanager
def without_collecting() -> Iterator[None]:
    """The cyclic collector rests: a batch makes tens of thousands of small objects and no cycles."""
    resting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if resting:
            gc.enable()


def _settle_batch(shard: int, token: int, last_id: str, now: datetime, limit: int) -> tuple[SettleReport, str]:
    entries, more = stream.read_entries(shard, last_id, messages=limit)
    if not entries:
        stream.trim(shard, last_id)
        return SettleReport(), last_id
    reached = entries[-1].stream_id
    waiting = [found for entry in entries for found in _open(entry)]
    try:
        done = _seal(shard, token, reached, waiting, now)
    except (OperationalError, InterfaceError, LeaseLost):
        raise
    except Exception:
        log.exception("settle_batch_failed", shard=shard, messages=len(waiting))
        done = _seal_apart(shard, token, reached, waiting, now)
    stream.publish_settled(done.news)
    stream.trim(shard, reached)
    report = SettleReport(
        messages=len(waiting), beats=done.beats, evidence=done.evidence, quarantined=done.quarantined, more=more
    )
    return report, reached


class Done(NamedTuple):
    beats: int
    evidence: int
    quarantined: int
    news: list[Settled]


def _open(entry: stream.Entry) -> Iterable[Waiting]:
    if entry.messages is None:
        yield Waiting(entry.stream_id, 0, entry.raw, None)
        return
    for position, raw in enumerate(entry.messages):
        try:
            yield Waiting(entry.stream_id, position, raw, wire.arrival.decode(raw))
        except msgspec.DecodeError:
            yield Waiting(entry.stream_id, position, raw, None)


def _seal(shard: int, token: int, reached: str, waiting: Sequence[Waiting], now: datetime) -> Done:
    """Everything or nothing: evidence, memories, quarantine and the place in the stream."""
    with transaction.atomic():
        hold_lease(shard=shard, token=token, seconds=LEASE_SECONDS)
        done = _take(shard, waiting, now)
        move_on(shard=shard, token=token, last_id=reached)
    return done


def _seal_apart(shard: int, token: int, reached: str, waiting: Sequence[Waiting], now: datetime) -> Done:
    """Learner by learner, so that what poisons one leaves the others whole. Beats already sealed are known by then."""
    beats = sealed = set_aside = 0
    news: list[Settled] = []
    groups: dict[int, list[Waiting]] = {}
    for item in waiting:
        groups.setdefault(item.arrival.learner_id if item.arrival else 0, []).append(item)
    for group in groups.values():
        try:
            with transaction.atomic():
                hold_lease(shard=shard, token=token, seconds=LEASE_SECONDS)
                done = _take(shard, group, now)
        except (OperationalError, InterfaceError, LeaseLost):
            raise
        except Exception as error:
            log.exception("settle_learner_failed", shard=shard)
            with transaction.atomic():
                hold_lease(shard=shard, token=token, seconds=LEASE_SECONDS)
                _quarantine(shard, group, f"{type(error).__name__}: {error}", now)
            set_aside += len(group)
            continue
        beats, sealed, set_aside = beats + done.beats, sealed + done.evidence, set_aside + done.quarantined
        news += done.news
    with transaction.atomic():
        hold_lease(shard=shard, token=token, seconds=LEASE_SECONDS)
        move_on(shard=shard, token=token, last_id=reached)
    return Done(beats, sealed, set_aside, news)


def _take(shard: int, waiting: Sequence[Waiting], now: datetime) -> Done:
    broken = [item for item in waiting if item.arrival is None]
    by_session: dict[bytes, list[Waiting]] = {}
    for item in waiting:
        if item.arrival is not None:
            by_session.setdefault(item.arrival.session, []).append(item)
    watched = load_sessions([UUID(bytes=key) for key in by_session if len(key) == 16])
    unknown = [item for key, items in by_session.items() if key not in watched for item in items]
    _quarantine(shard, broken, "unreadable", now)
    _quarantine(shard, unknown, "unknown session", now)
    folded: list[tuple[Watched, Outcome]] = []
    for key, items in by_session.items():
        session = watched.get(key)
        if session is not None:
            beats = [beat for item in items if item.arrival for beat in wire.read_beats(item.arrival)]
            folded.append((session, fold_session(session, beats)))
    count = write_outcomes(folded, now=now)
    news = _news(folded)
    beats_seen = sum(len(outcome.verdicts) for _, outcome in folded)
    return Done(beats_seen, count, len(broken) + len(unknown), news)


def load_sessions(sessions: Sequence[UUID]) -> dict[bytes, Watched]:
    """Sessions with their memories, which are locked until the caller's transaction ends. Unknown ones are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [list(sessions)])
        rows = cursor.fetchall()
    return {row[0].bytes: _watched(row) for row in rows}


def _watched(row: Sequence[Any]) -> Watched:
    superseded = row[11] == CloseReason.SUPERSEDED.value
    return Watched(
        session=row[0],
        learner_id=row[1],
        enrolment_id=row[2],
        unit_key=row[3],
        hour_pack=row[4],
        category=row[5],
        superseded=superseded,
        facts=SessionFacts(
            started_ms=row[7],
            unit_ms=row[6],
            window_from_ms=row[8],
            window_to_ms=row[9],
            superseded_ms=row[10] if superseded else None,
        ),
        memory=memories.decode(row[12]),
    )


@cache
def _limits(pack: str, category: str) -> HourLimits:
    """A pack never changes once it is in force, so that it is looked up once in a process."""
    return limits_for(pack=pack, category=category)


def fold_session(session: Watched, beats: Sequence[Beat]) -> Outcome:
    """The outcome of new beats; the session's memory moves on."""
    limits = _limits(session.hour_pack, session.category)
    outcome = fold_beats(session.memory.play, session.facts, beats, limits)
    if outcome.taken:
        memories.remember(session.memory, outcome, now_ms=max(beat.received_ms for beat in outcome.taken))
    return outcome


def write_outcomes(folded: Sequence[tuple[Watched, Outcome]], *, now: datetime) -> int:
    """Evidence, segments and memories of all sessions stand, with the caller's transaction; how much evidence."""
    fresh = [(session, outcome) for session, outcome in folded if outcome.taken]
    if not fresh:
        return 0
    received = max(beat.received_ms for _, outcome in fresh for beat in outcome.taken)
    sealed_at = max(now, from_ms(received))  # the front's clock may run a little ahead of ours
    drafts = [_draft(session, outcome) for session, outcome in fresh if outcome.stretches or outcome.refused]
    evidence.record_many(drafts=drafts, now=sealed_at)
    _store_segments(fresh, sealed_at)
    _store_memories([session for session, _ in fresh])
    return len(drafts)


def _store_segments(fresh: Sequence[tuple[Watched, Outcome]], sealed_at: datetime) -> None:
    rows = [
        {"session": session.session, "key": _key(session, outcome), "beats": outcome.taken}
        for session, outcome in fresh
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_SEGMENTS, [sealed_at, _to_json(rows).decode()])


def _store_memories(sessions: Sequence[Watched]) -> None:
    rows = [{"id": session.session, "memory": session.memory} for session in sessions]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_MEMORIES, [_to_json(rows).decode()])


def _key(session: Watched, outcome: Outcome) -> str:
    first, last = outcome.taken[0], outcome.taken[-1]
    return f"{session.session}:{first.boot}.{first.seq}-{last.boot}.{last.seq}"


def _draft(session: Watched, outcome: Outcome) -> EvidenceDraft:
    late = any(item.verdict is Verdict.LATE_SYNC for item in outcome.verdicts)
    return EvidenceDraft(
        source=SOURCE,
        learner_id=session.learner_id,
        enrolment_id=session.enrolment_id,
        unit_key=session.unit_key,
        stretches=tuple(as_stretch(played) for played in outcome.stretches),
        payload={
            "session": str(session.session),
            "late_sync": late,
            "refused": [refused_part(part) for part in outcome.refused[:MOST_REFUSED]],
        },
        captured_by=CAPTURER,
        captured_at=from_ms(max(beat.received_ms for beat in outcome.taken)),
        external_key=_key(session, outcome),
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


def _quarantine(shard: int, items: Sequence[Waiting], reason: str, now: datetime) -> None:
    if not items:
        return
    log.error("beats_quarantined", shard=shard, messages=len(items), reason=reason)
    QuarantinedBeat.objects.bulk_create(
        [
            QuarantinedBeat(
                shard=shard,
                stream_id=item.stream_id,
                position=item.position,
                raw=item.raw,
                reason=reason[:200],
                quarantined_at=now,
            )
            for item in items
        ],
        ignore_conflicts=True,
    )


def _news(folded: Sequence[tuple[Watched, Outcome]]) -> list[Settled]:
    units = list({(session.enrolment_id, session.unit_key) for session, _ in folded})
    credited: Mapping[tuple[int, str], int] = ledger.credited_for(units=units) if units else {}
    return [
        news_of(session, outcome, credited.get((session.enrolment_id, session.unit_key), 0))
        for session, outcome in folded
    ]


def news_of(session: Watched, outcome: Outcome, credited_ms: int) -> Settled:
    """What the fronts may tell the page about its session."""
    memory = session.memory
    prompt = CloseReason.SUPERSEDED.value if session.superseded else "daily_cap" if memory.left_ms == 0 else None
    return Settled(
        session.session.bytes,
        memory.play.settled_seq,
        credited_ms // 1000,
        memories.pending_ms(memory, credited_ms) // 1000,
        [(item.boot, item.seq, item.verdict.value) for item in outcome.verdicts[-MOST_VERDICTS:]],
        prompt,
    )
