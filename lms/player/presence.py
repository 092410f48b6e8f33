"""What settling does for presence checks: run the timer of played time, ask, and notice a prompt that was kept dark."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from lms.lib.localday import from_ms, to_ms
from lms.player.checks import ask, decide, draw_due, ensure_timer, is_over, miss, news_of_check, proofs_of
from lms.player.data import CheckCause, CheckKind, CheckResult, Played
from lms.player.locks import hold_timers
from lms.player.models import OpenCheck, PresenceTimer
from lms.player.proofs import Proof
from lms.player.rules import grace_ms
from lms.player.sealing import Folded, Watched
from lms.player.wire import CheckNews

_MARGIN_MS = 60_000
_STORE_TIMERS = """
UPDATE player_presencetimer AS t SET played_ms = new.played, due_ms = new.due, last_ms = new.last
  FROM jsonb_to_recordset(%s::jsonb) AS new (id bigint, played bigint, due bigint, last bigint)
 WHERE t.learner_id = new.id
"""


def proofs_for(watched: Collection[Watched], *, held: frozenset[int], oldest_ms: int) -> Mapping[int, list[Proof]]:
    """The decided checks that beats received since `oldest_ms` can meet, for the sessions of classes with checks.

    `held`: whose timers the caller holds. Who has none yet gets one, held too: nothing is decided meanwhile.
    """
    checked = [session for session in watched if session.limits.presence_checks]
    if not checked:
        return {}
    missing = {session.learner_id: session.limits for session in checked}
    for learner_id in sorted(missing.keys() - held):
        ensure_timer(learner_id, missing[learner_id])
        hold_timers([learner_id])
    late_ms = max(session.limits.late_beat_limit_seconds for session in checked) * 1000
    return proofs_of({session.enrolment_id for session in checked}, since_ms=oldest_ms - late_ms - _MARGIN_MS)


def attend(folded: Sequence[Folded], *, now: datetime) -> dict[UUID, CheckNews]:
    """The timers have run on by what was played, what is due is asked, what was kept dark has failed.

    Runs after evidence and memories are written, in the same transaction. Returns what each page must show.
    """
    checked = [item for item in folded if item.session.limits.presence_checks]
    if not checked:
        return {}
    timers = PresenceTimer.objects.in_bulk({item.session.learner_id for item in checked})
    enrolments = {item.session.enrolment_id for item in checked}
    checks: dict[int, OpenCheck | None] = {
        check.enrolment_id: check for check in OpenCheck.objects.filter(enrolment_id__in=enrolments)
    }
    for item in sorted(checked, key=lambda item: item.kept):
        if item.outcome.taken:
            session = item.session
            checks[session.enrolment_id] = _attend_one(
                item, timers[session.learner_id], checks.get(session.enrolment_id), now
            )
    _store_timers(list(timers.values()))
    news: dict[UUID, CheckNews] = {}
    for item in checked:
        check = checks.get(item.session.enrolment_id)
        if check and check.shown_at is None and item.session.closed is None:
            news[item.session.session] = news_of_check(check)
    return news


def _store_timers(timers: Sequence[PresenceTimer]) -> None:
    rows = [{"id": timer.pk, "played": timer.played_ms, "due": timer.due_ms, "last": timer.last_ms} for timer in timers]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_TIMERS, [json.dumps(rows)])


def _attend_one(item: Folded, timer: PresenceTimer, check: OpenCheck | None, now: datetime) -> OpenCheck | None:
    """The check of the enrolment that is open afterwards."""
    if check is not None and is_over(check, now):
        _refresh(item, miss(check, now=now).touched)
        check = None
    if check is not None and check.shown_at is None:
        check = _watch_prompt(item, timer, check, now)
    timer.played_ms += sum(stretch.length_ms for stretch in item.kept)
    timer.last_ms = max([timer.last_ms, *(stretch.wall_to_ms for stretch in item.kept)])
    if check is None and _may_ask(item, now):
        return _ask_if_due(item, timer, now)
    return check


def _may_ask(item: Folded, now: datetime) -> bool:
    session = item.session
    return bool(item.kept) and session.closed is None and to_ms(now) < session.bounds.closes_ms


def _ask_if_due(item: Folded, timer: PresenceTimer, now: datetime) -> OpenCheck | None:
    session = item.session
    if timer.played_ms >= timer.due_ms:
        timer.played_ms, timer.due_ms = 0, draw_due(session.limits)
        kind = CheckKind.RANDOM
    elif session.memory.unproven and any(beat.why == "end" for beat in item.outcome.taken):
        kind = CheckKind.END
    else:
        return None
    return ask(
        learner_id=session.learner_id,
        enrolment_id=session.enrolment_id,
        session=session.session,
        kind=kind,
        limits=session.limits,
        now=now,
    )


def _watch_prompt(item: Folded, timer: PresenceTimer, check: OpenCheck, now: datetime) -> OpenCheck | None:
    """A prompt that is not shown yet: asked anew where the learner was away, failed where play went on in spite of it.

    Only what was played after a heartbeat whose answer carried the prompt speaks against the page; a tunnel does not.
    """
    limits = item.session.limits
    slack, returned = limits.rate_slack_ms, limits.presence_return_seconds * 1000
    received = sorted({beat.received_ms for beat in item.outcome.taken})
    live = [stretch for stretch in item.kept if received[-1] - stretch.wall_to_ms <= grace_ms(limits)]
    came_back = min((stretch.wall_from_ms for stretch in live), default=0)
    if timer.last_ms and came_back - timer.last_ms >= returned and came_back > to_ms(check.asked_at):
        check.asked_at = from_ms(came_back)
    if check.offered_at is not None:
        check.ignored_ms += _played_after(item.kept, to_ms(check.offered_at))
    else:
        offered = next((at for at in received if at >= to_ms(check.asked_at) + slack), None)
        if offered is not None:
            check.offered_at = from_ms(offered)
            check.ignored_ms += _played_after(item.kept, offered)
    if check.ignored_ms < limits.presence_delivery_seconds * 1000:
        check.save(update_fields=["asked_at", "offered_at", "ignored_ms"])
        return check
    at = min(max(from_ms(received[-1]), check.asked_at), max(now, check.asked_at))
    failed = decide(check, result=CheckResult.FAILED, cause=CheckCause.NOT_SHOWN, decided_at=at, now=now)
    _refresh(item, failed.touched)
    return None


def _played_after(kept: Sequence[Played], instant_ms: int) -> int:
    return sum(max(0, stretch.wall_to_ms - max(stretch.wall_from_ms, instant_ms)) for stretch in kept)


def _refresh(item: Folded, touched: Sequence[Watched]) -> None:
    """The memory in hand is the one that was written meanwhile."""
    for session in touched:
        if session.session == item.session.session:
            item.session.memory.unproven = session.memory.unproven
            item.session.memory.media = session.memory.media
            item.session.memory.recent = session.memory.recent
