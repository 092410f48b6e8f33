"""From the stream to sealed evidence, in batches, each in one transaction together with its place in the stream."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog
from django.db import InterfaceError, OperationalError, transaction

from lms.ledger import api as ledger
from lms.lib.localday import to_ms
from lms.player import memory as memories
from lms.player import stream, wire
from lms.player.data import CloseReason
from lms.player.locks import LeaseLost, hold_lease, hold_timers, move_on
from lms.player.models import QuarantinedBeat
from lms.player.presence import attend, proofs_for
from lms.player.sealing import Folded, fold_session, load_sessions, write_outcomes
from lms.player.wire import Arrival, CheckNews, Settled

log = structlog.get_logger(__name__)

LEASE_SECONDS = 30
MOST_VERDICTS = 60


class Waiting(NamedTuple):
    """One message with its place in the stream. `arrival` None: unreadable."""

    stream_id: str
    position: int
    raw: bytes
    arrival: Arrival | None


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
    held = hold_timers({item.arrival.learner_id for item in waiting if item.arrival})
    watched = load_sessions([UUID(bytes=key) for key in by_session if len(key) == 16])
    unknown = [item for key, items in by_session.items() if key not in watched for item in items]
    _quarantine(shard, broken, "unreadable", now)
    _quarantine(shard, unknown, "unknown session", now)
    oldest_ms = min((item.arrival.received_ms for item in waiting if item.arrival), default=0)
    proofs = proofs_for(watched.values(), held=held, oldest_ms=oldest_ms)
    folded: list[Folded] = []
    for key, items in by_session.items():
        session = watched.get(key)
        if session is not None:
            beats = [beat for item in items if item.arrival for beat in wire.read_beats(item.arrival)]
            known = proofs.get(session.enrolment_id, ())
            folded.append(fold_session(session, beats, known, now_ms=to_ms(now)))
    count = write_outcomes(folded, now=now)
    checks = attend(folded, now=now)
    beats_seen = sum(len(item.outcome.verdicts) for item in folded)
    return Done(beats_seen, count, len(broken) + len(unknown), _news(folded, checks))


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


def _news(folded: Sequence[Folded], checks: Mapping[UUID, CheckNews]) -> list[Settled]:
    units = list({(item.session.enrolment_id, item.session.unit_key) for item in folded})
    credited: Mapping[tuple[int, str], int] = ledger.credited_for(units=units) if units else {}
    return [
        news_of(
            item,
            credited.get((item.session.enrolment_id, item.session.unit_key), 0),
            checks.get(item.session.session),
        )
        for item in folded
    ]


def news_of(folded: Folded, credited_ms: int, check: CheckNews | None) -> Settled:
    """What the fronts may tell the page about its session."""
    memory = folded.session.memory
    closed = folded.session.closed
    prompt = closed.value if closed and closed is not CloseReason.FINISHED else None
    return Settled(
        folded.session.session.bytes,
        memory.play.settled_seq,
        credited_ms // 1000,
        memories.pending_ms(memory, credited_ms) // 1000,
        [(item.boot, item.seq, item.verdict.value) for item in folded.outcome.verdicts[-MOST_VERDICTS:]],
        prompt or ("daily_cap" if memory.left_ms == 0 else None),
        check,
    )
