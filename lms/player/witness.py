"""What whoever watches over classes may read of play sessions: the raw beats, and what they come to by the same rules.

Reads only. Bounded: a session tells at most its newest `MOST_BEATS_SEEN` beats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from lms.db.api import blind_index
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import to_ms
from lms.player.data import Beat, CloseReason, SessionFacts, SessionSeen, SettledSince, Verdict
from lms.player.models import PlaySession, WatchSegment
from lms.player.timeline import PlayState, fold_beats

MOST_BEATS_SEEN = 5_000
_SEGMENTS_AT_ONCE = 2_000
_LONGEST = timedelta(hours=13)


def settled_since(*, after_id: int, before: datetime, limit: int) -> SettledSince:
    """Which sessions were settled after segment `after_id`, up to `limit` segments, and the id to go on from.

    `before` keeps away from segments whose neighbours may not have been committed yet.
    """
    rows = WatchSegment.objects.filter(pk__gt=after_id).order_by("pk").values_list("pk", "session_id", "sealed_at")
    last_id, sessions = after_id, dict[UUID, None]()
    for segment_id, session, sealed_at in rows[:limit]:
        if sealed_at >= before:
            break
        last_id = segment_id
        sessions[session] = None
    return SettledSince(last_id=last_id, sessions=tuple(sessions))


def sessions_between(*, learner_ids: Collection[int], since: datetime, until: datetime) -> tuple[SessionSeen, ...]:
    """The sessions of these people that may have played between two instants, oldest first."""
    rows = PlaySession.objects.filter(
        learner_id__in=learner_ids, started_at__gte=since - _LONGEST, started_at__lt=until
    ).order_by("started_at", "pk")
    return tuple(_seen(row) for row in rows)


def sessions_seen(*, sessions: Collection[UUID]) -> tuple[SessionSeen, ...]:
    """These sessions, oldest first; unknown ones are left out."""
    rows = PlaySession.objects.filter(pk__in=sessions).order_by("started_at", "pk")
    return tuple(_seen(row) for row in rows)


def _seen(row: PlaySession) -> SessionSeen:
    closed = row.closed_at if row.close_reason == CloseReason.SUPERSEDED.value else None
    facts = SessionFacts(
        started_ms=to_ms(row.started_at),
        unit_ms=row.unit_ms,
        window_from_ms=to_ms(row.window_from),
        window_to_ms=to_ms(row.window_to),
        superseded_ms=to_ms(closed) if closed else None,
    )
    return see(
        session=row.pk,
        learner_id=row.learner_id,
        enrolment_id=row.enrolment_id,
        device=blind_index(f"{row.ip}\n{row.user_agent}", purpose="play-device")[:24],
        facts=facts,
        beats=_beats_of(row),
        limits=limits_for(pack=row.hour_pack, category=row.category),
    )


def see(
    *,
    session: UUID,
    learner_id: int,
    enrolment_id: int,
    device: str,
    facts: SessionFacts,
    beats: Sequence[Beat],
    limits: HourLimits,
) -> SessionSeen:
    """What these beats come to by the rules that settled them, judged all at once."""
    outcome = fold_beats(PlayState(), facts, beats, limits)
    refused: Counter[str] = Counter()
    for part in outcome.refused:
        refused[part.reason] += part.claim.length_ms
    late = {(item.boot, item.seq) for item in outcome.verdicts if item.verdict is Verdict.LATE_SYNC}
    return SessionSeen(
        session=session,
        learner_id=learner_id,
        enrolment_id=enrolment_id,
        started_ms=facts.started_ms,
        last_ms=max((beat.received_ms for beat in beats), default=facts.started_ms),
        superseded=facts.superseded_ms is not None,
        device=device,
        max_rate_milli=limits.max_rate_milli,
        beats=outcome.taken,
        kept=outcome.stretches,
        refused_ms=dict(refused),
        late_ms=sum(beat.to_ms - beat.from_ms for beat in outcome.taken if (beat.boot, beat.seq) in late),
    )


def _beats_of(row: PlaySession) -> Sequence[Beat]:
    """The newest beats of the session, as they came."""
    found: list[Beat] = []
    for segment in WatchSegment.objects.filter(session=row).order_by("-pk")[:_SEGMENTS_AT_ONCE].iterator():
        found += [Beat(*beat) for beat in segment.beats]
        if len(found) >= MOST_BEATS_SEEN:
            break
    return found[:MOST_BEATS_SEEN]
