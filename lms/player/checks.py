"""The life of a presence check: asked, shown, answered, decided; and what its outcome does to the minutes before it.

Everything here runs under the learner's timer (`locks.hold_timers`), so that settling, answering and missing never
overlap for one person. Instants of outcomes never run backwards within an enrolment: the next check is asked at or
after the last one was decided, which `proofs.py` builds upon.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import transaction

from lms.evidence import api as evidence
from lms.evidence.data import EvidenceDraft
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.lib.localday import from_ms, to_ms
from lms.player import memory as memories
from lms.player import stream
from lms.player.adjusting import adjustment_for
from lms.player.data import (
    CheckCause,
    CheckKind,
    CheckMethod,
    CheckPrompt,
    CheckResult,
    CloseReason,
)
from lms.player.methods import facts_of, methods_for
from lms.player.models import (
    OpenCheck,
    PlayMemory,
    PlaySession,
    PresenceCheck,
    PresenceTimer,
)
from lms.player.proofs import Proof
from lms.player.sealing import Watched, drafts_of_proof, load_sessions, prove_memory, store_memories
from lms.player.wire import CheckNews, Settled


class Decision(NamedTuple):
    """A decided check, and the sessions whose waiting minutes it touched."""

    check: PresenceCheck
    touched: list[Watched]


def draw_due(limits: HourLimits) -> int:
    """How much is played until the next random check: drawn here, evenly, and told to nobody (milliseconds)."""
    least, most = limits.presence_gap_from_seconds * 1000, limits.presence_gap_to_seconds * 1000
    return least + secrets.randbelow(most - least + 1)


def ensure_timer(learner_id: int, limits: HourLimits) -> None:
    """The learner has a timer, with its first gap drawn."""
    PresenceTimer.objects.bulk_create(
        [PresenceTimer(learner_id=learner_id, due_ms=draw_due(limits))], ignore_conflicts=True
    )


def ask(
    *, learner_id: int, enrolment_id: int, session: UUID, kind: CheckKind, limits: HourLimits, now: datetime
) -> OpenCheck:
    """Presence is asked for. The caller holds the timer and knows that no check of the enrolment is open."""
    method = methods_for(facts_of(learner_id, now), limits)[0]
    last = PresenceCheck.objects.filter(enrolment_id=enrolment_id).order_by("-decided_at").first()
    return OpenCheck.objects.create(
        id=uuid4(),
        learner_id=learner_id,
        enrolment_id=enrolment_id,
        session_id=session,
        kind=kind.value,
        method=method.value,
        asked_at=_whole(max(now, last.decided_at) if last else now),
        answer_seconds=answer_seconds(learner_id, method, limits),
    )


def ask_at_start(*, session: PlaySession, limits: HourLimits, now: datetime) -> OpenCheck | None:
    """The check that a session opens with; None where one was passed a moment ago. A check that an earlier page left
    open goes on if it is on a screen and still in time; else it has lapsed or failed by now."""
    check = OpenCheck.objects.filter(enrolment_id=session.enrolment_id).first()
    if check is not None and not is_over(check, now):
        if check.shown_at is not None:
            check.session = session
            check.save(update_fields=["session"])
            return check
        decide(check, result=CheckResult.LAPSED, cause=CheckCause.LEFT, decided_at=now, now=now)
    elif check is not None:
        miss(check, now=now)
    passed = PresenceCheck.objects.filter(enrolment_id=session.enrolment_id, result=CheckResult.PASSED.value)
    free = timedelta(seconds=limits.presence_start_free_seconds)
    if passed.filter(decided_at__gt=now - free).exists():
        return None
    return ask(
        learner_id=session.learner_id,
        enrolment_id=session.enrolment_id,
        session=session.pk,
        kind=CheckKind.START,
        limits=limits,
        now=now,
    )


def answer_seconds(learner_id: int, method: CheckMethod, limits: HourLimits) -> int:
    """How long an answer may take by this method, for this person."""
    usual = limits.presence_sms_answer_seconds if method is CheckMethod.SMS_CODE else limits.presence_answer_seconds
    adjusted = adjustment_for(learner_id=learner_id)
    return max(usual, limits.presence_adjusted_answer_seconds) if adjusted and adjusted.longer else usual


def is_over(check: OpenCheck, now: datetime) -> bool:
    """Whether the check was shown and its time has run out."""
    return check.deadline_at is not None and now >= check.deadline_at


def miss(check: OpenCheck, *, now: datetime) -> Decision:
    """The check failed at its deadline, however late that is noticed."""
    return decide(
        check,
        result=CheckResult.FAILED,
        cause=CheckCause.NO_ANSWER,
        decided_at=check.deadline_at or now,
        now=now,
    )


def decide(
    check: OpenCheck,
    *,
    result: CheckResult,
    cause: CheckCause,
    decided_at: datetime,
    now: datetime,
    answered_at: datetime | None = None,
    latency_ms: int | None = None,
    supervisor_id: int | None = None,
) -> Decision:
    """The check is on record for ever, and what it decides is sealed or refused: all in the caller's transaction.

    Too many failures in a row close the session.
    """
    decided = PresenceCheck(
        id=check.pk,
        learner_id=check.learner_id,
        enrolment_id=check.enrolment_id,
        session_id=check.session_id,
        kind=check.kind,
        method=check.method,
        result=result.value,
        cause=cause.value,
        asked_at=check.asked_at,
        shown_at=check.shown_at,
        answered_at=answered_at,
        decided_at=_whole(max(decided_at, check.asked_at)),
        latency_ms=latency_ms,
        answers=check.answers,
        answer_seconds=check.answer_seconds,
        supervisor_id=supervisor_id,
    )
    decided.save()
    check.delete()
    if result is CheckResult.FAILED:
        _close_after_failures(decided)
    touched = sweep(enrolment_id=decided.enrolment_id, tag=f"check:{decided.pk}", now=max(now, decided.decided_at))
    open_sessions = {decided.session_id, *(item.session for item in touched)}
    transaction.on_commit(lambda: tell(open_sessions), robust=True)
    return Decision(decided, touched)


def sweep(*, enrolment_id: int, tag: str, now: datetime) -> list[Watched]:
    """What waits in the sessions of the enrolment is sealed or refused as far as its checks and dates say by now."""
    waiting = PlayMemory.objects.filter(session__enrolment_id=enrolment_id, unproven_ms__gt=0)
    loaded = load_sessions(list(waiting.values_list("session_id", flat=True)))
    sessions = [session for session in loaded.values() if session.memory.unproven]
    if not sessions:
        return []
    first = min(session.memory.unproven[0].wall_from_ms for session in sessions)
    proofs = proofs_of([enrolment_id], since_ms=first).get(enrolment_id, [])
    drafts: list[EvidenceDraft] = []
    for session in sessions:
        place = session.memory.last_media_ms
        proven = prove_memory(session, (), proofs, now_ms=to_ms(now))
        if proven.sealed or proven.refused:
            drafts += drafts_of_proof(session, proven, tag=tag, captured_at=now)
            memories.remember(session.memory, proven.sealed, now_ms=to_ms(now))
            session.memory.last_media_ms = place
    evidence.record_many(drafts=drafts, now=now)
    store_memories(sessions)
    return sessions


def proofs_of(enrolment_ids: Collection[int], *, since_ms: int) -> Mapping[int, list[Proof]]:
    """The decided checks of each enrolment that can reach a moment from `since_ms` on."""
    found: dict[int, list[Proof]] = defaultdict(list)
    rows = PresenceCheck.objects.filter(enrolment_id__in=enrolment_ids, decided_at__gt=from_ms(since_ms))
    for enrolment, asked, decided, result in rows.values_list("enrolment_id", "asked_at", "decided_at", "result"):
        found[enrolment].append(Proof(to_ms(asked), to_ms(decided), CheckResult(result)))
    return found


def prompt_of(check: OpenCheck) -> CheckPrompt:
    """What a page hears of an open check."""
    return CheckPrompt(
        check=check.pk,
        kind=CheckKind(check.kind),
        method=CheckMethod(check.method),
        answer_seconds=check.answer_seconds,
    )


def news_of_check(check: OpenCheck) -> CheckNews:
    return CheckNews(str(check.pk), check.method, check.answer_seconds)


def tell(sessions: Collection[UUID]) -> None:
    """Every front knows what is open, sealed and waiting in these sessions; one that misses it hears it later."""
    rows = PlaySession.objects.filter(pk__in=sessions, closed_at=None).select_related("memory")
    open_checks = {
        check.enrolment_id: check
        for check in OpenCheck.objects.filter(enrolment_id__in={row.enrolment_id for row in rows}, shown_at=None)
    }
    stream.publish_settled(
        [
            Settled(
                row.pk.bytes,
                row.memory.memory.get("play", {}).get("settled_seq", -1),
                check=news_of_check(open_checks[row.enrolment_id]) if row.enrolment_id in open_checks else None,
            )
            for row in rows
        ]
    )


def _close_after_failures(decided: PresenceCheck) -> None:
    session = PlaySession.objects.get(pk=decided.session_id)
    most = limits_for(pack=session.hour_pack, category=session.category).presence_failures_end
    checks = PresenceCheck.objects.filter(session_id=session.pk).exclude(result=CheckResult.LAPSED.value)
    last = list(checks.order_by("-decided_at").values_list("result", flat=True)[:most])
    if len(last) < most or set(last) != {CheckResult.FAILED.value}:
        return
    closed = PlaySession.objects.filter(pk=session.pk, closed_at=None).update(
        closed_at=decided.decided_at, close_reason=CloseReason.CHECK_FAILED.value
    )
    if closed:
        news = (session.pk.bytes, CloseReason.CHECK_FAILED.value)
        transaction.on_commit(lambda: stream.publish_closed([news]), robust=True)


def _whole(instant: datetime) -> datetime:
    """The instant in whole milliseconds, as the rule reads it."""
    return from_ms(to_ms(instant))
