"""The door of the player: open a session, see its progress, settle what was watched, check presence, read records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lms.ledger.api import statement_for
from lms.lib.localday import to_ms
from lms.player import stream
from lms.player.adjusting import adjustment_for, approve_adjustment
from lms.player.answering import (
    answer_check,
    change_method,
    close_windows,
    confirm_supervised,
    miss_due,
    request_check,
    show_check,
)
from lms.player.data import (
    Beat,
    CheckKind,
    CheckMethod,
    CheckNotFound,
    CheckResult,
    CloseReason,
    Notice,
    PlaySessionFacts,
    Progress,
    SessionNotFound,
    UnableToAdjust,
    UnableToCheck,
    UnableToPlayUnit,
    Verdict,
)
from lms.player.exports import check_lines, trace_lines
from lms.player.locks import LeaseLost, release_lease, take_lease
from lms.player.methods import register_supervisors
from lms.player.opening import find_unit, open_session
from lms.player.progress import get_own_session, pending_for, session_progress, unit_progress
from lms.player.records import beats_of, checks_of, presence_summary, sessions_of
from lms.player.sealing import fold_session, load_sessions, write_outcomes
from lms.player.settle import LEASE_SECONDS, SettleReport, settle_batch
from lms.player.witness import sessions_between, sessions_seen, settled_since
from media.api import sign_playback
from media.data import PlaybackTicket

__all__ = [
    "Beat",
    "CheckKind",
    "CheckMethod",
    "CheckNotFound",
    "CheckResult",
    "CloseReason",
    "LeaseLost",
    "Notice",
    "PlaySessionFacts",
    "Progress",
    "SessionNotFound",
    "SettleReport",
    "UnableToAdjust",
    "UnableToCheck",
    "UnableToPlayUnit",
    "Verdict",
    "adjustment_for",
    "answer_check",
    "approve_adjustment",
    "beats_of",
    "change_method",
    "check_lines",
    "checks_of",
    "close_windows",
    "confirm_supervised",
    "feed_history",
    "find_unit",
    "get_own_session",
    "miss_due",
    "open_session",
    "pending_for",
    "playback_of",
    "presence_summary",
    "progress_for",
    "register_supervisors",
    "request_check",
    "session_progress",
    "sessions_between",
    "sessions_of",
    "sessions_seen",
    "settle",
    "settled_since",
    "show_check",
    "trace_lines",
]

PLAYBACK_SECONDS = 2 * 3600
BATCH = 5_000


def progress_for(*, learner_id: int, enrolment_id: int, unit_key: str, now: datetime) -> Progress:
    """How much of a unit counts already. Raises SessionNotFound."""
    enrolment, curriculum, unit = find_unit(learner_id=learner_id, enrolment_id=enrolment_id, unit_key=unit_key)
    statement = statement_for(enrolment_id=enrolment_id, now=now)
    return unit_progress(enrolment, curriculum, unit, statement, now=now)


def playback_of(*, session: UUID, learner_id: int, now: datetime) -> PlaybackTicket:
    """Where the session's video plays, for its learner alone. Raises SessionNotFound, media's UnableToPlay."""
    row = get_own_session(session=session, learner_id=learner_id)
    if row.media_id is None:
        raise SessionNotFound(session)
    return sign_playback(
        media_id=row.media_id, learner_id=learner_id, session_id=str(session), now=now, lifetime_s=PLAYBACK_SECONDS
    )


def settle(*, shard: int, holder: str, now: datetime, batches: int = 4, limit: int = BATCH) -> SettleReport:
    """Up to `batches` batches of the shard's stream are settled. Nothing where another settler holds the shard.

    Each batch commits evidence and its place in the stream together. Raises what a lost engine raises, and LeaseLost
    where the lease ran out under the work: nothing of that batch was written, and nothing is lost.
    """
    lease = take_lease(shard=shard, holder=holder, seconds=LEASE_SECONDS)
    if lease is None:
        return SettleReport()
    token, last_id = lease
    try:
        return _settle_on(shard, token, _known_place(shard, last_id), now, batches, limit)
    finally:
        release_lease(shard=shard, token=token)


def _settle_on(shard: int, token: int, last_id: str, now: datetime, batches: int, limit: int) -> SettleReport:
    total = SettleReport()
    for _ in range(batches):
        report, last_id = settle_batch(shard=shard, token=token, last_id=last_id, now=now, limit=limit)
        total = SettleReport(
            messages=total.messages + report.messages,
            beats=total.beats + report.beats,
            evidence=total.evidence + report.evidence,
            quarantined=total.quarantined + report.quarantined,
            more=report.more,
        )
        if not report.more:
            break
    return total


def _known_place(shard: int, last_id: str) -> str:
    """The place to read on from: the beginning, where Valkey was replaced and its ids have not got there yet."""
    newest = stream.newest_id(shard)
    if newest is None or _place(newest) < _place(last_id):
        return "0-0"
    return last_id


def _place(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence)


def feed_history(*, session: UUID, beats: Sequence[Beat], now: datetime) -> int:
    """Beats of a past viewing are judged and sealed at once, by the same rules as from the stream; how many were taken.

    For loaders only: the server's clock in `received_ms` is the caller's word. Raises SessionNotFound.
    """
    with transaction.atomic():
        found = load_sessions([session]).get(session.bytes)
        if found is None:
            raise SessionNotFound(session)
        folded = fold_session(found, beats, (), now_ms=to_ms(now))
        write_outcomes([folded], now=now)
    return len(folded.outcome.taken)
