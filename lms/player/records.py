"""What is on record of play sessions and presence checks, for archives and for those who watch over classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from django.db.models import F

from lms.hours.api import limits_for
from lms.player.data import (
    Beat,
    CheckCause,
    CheckFacts,
    CheckKind,
    CheckMethod,
    CheckResult,
    CloseReason,
    PresenceSummary,
    SessionRecord,
    SettledBeats,
)
from lms.player.models import PlaySession, PresenceCheck, WatchSegment


def checks_of(*, enrolment_ids: Collection[int]) -> tuple[CheckFacts, ...]:
    """Every decided presence check of the enrolments, in order of their outcomes."""
    rows = PresenceCheck.objects.filter(enrolment_id__in=enrolment_ids).order_by("enrolment_id", "decided_at", "pk")
    return tuple(check_facts(row) for row in rows)


def sessions_of(*, enrolment_ids: Collection[int]) -> tuple[SessionRecord, ...]:
    """Every play session of the enrolments, in order of their start."""
    rows = PlaySession.objects.filter(enrolment_id__in=enrolment_ids).order_by("enrolment_id", "started_at", "pk")
    return tuple(
        SessionRecord(
            session=row.pk,
            learner_id=row.learner_id,
            enrolment_id=row.enrolment_id,
            unit_key=row.unit_key,
            unit_ms=row.unit_ms,
            hour_pack=row.hour_pack,
            category=row.category,
            window_from=row.window_from,
            window_to=row.window_to,
            confirm_until=row.confirm_until or row.window_to,
            started_at=row.started_at,
            closed_at=row.closed_at,
            close_reason=CloseReason(row.close_reason) if row.close_reason else None,
            ip=row.ip,
            user_agent=row.user_agent,
        )
        for row in rows
    )


def beats_of(*, enrolment_ids: Collection[int]) -> Iterator[SettledBeats]:
    """The raw beats of every session of the enrolments, settlement by settlement in their order, a few at a time."""
    rows = WatchSegment.objects.filter(session__enrolment_id__in=enrolment_ids)
    for row in rows.order_by(F("session__enrolment_id"), "session_id", "pk").iterator(chunk_size=200):
        yield SettledBeats(
            session=row.session_id,
            external_key=row.external_key,
            sealed_at=row.sealed_at,
            beats=tuple(Beat(*beat) for beat in row.beats),
        )


def presence_summary(*, enrolment_ids: Collection[int]) -> dict[int, PresenceSummary]:
    """The checks of each enrolment counted, with how quickly they were answered; enrolments without any left out."""
    by_enrolment: dict[int, list[PresenceCheck]] = defaultdict(list)
    rows = PresenceCheck.objects.filter(enrolment_id__in=enrolment_ids).select_related("session")
    for row in rows.order_by("enrolment_id", "decided_at", "pk"):
        by_enrolment[row.enrolment_id].append(row)
    return {enrolment_id: _summary(enrolment_id, found) for enrolment_id, found in by_enrolment.items()}


def _summary(enrolment_id: int, checks: list[PresenceCheck]) -> PresenceSummary:
    results = [check.result for check in checks]
    passed, missed = results.count(CheckResult.PASSED.value), results.count(CheckResult.FAILED.value)
    session = checks[-1].session
    percent = limits_for(pack=session.hour_pack, category=session.category).presence_miss_percent
    return PresenceSummary(
        enrolment_id=enrolment_id,
        asked=len(checks),
        passed=passed,
        missed=missed,
        lapsed=results.count(CheckResult.LAPSED.value),
        latencies_ms=tuple(check.latency_ms for check in checks if check.latency_ms is not None),
        over_limit=missed * 100 > (passed + missed) * percent,
    )


def check_facts(row: PresenceCheck) -> CheckFacts:
    return CheckFacts(
        check=row.pk,
        session=row.session_id,
        learner_id=row.learner_id,
        enrolment_id=row.enrolment_id,
        kind=CheckKind(row.kind),
        method=CheckMethod(row.method),
        result=CheckResult(row.result),
        cause=CheckCause(row.cause),
        asked_at=row.asked_at,
        shown_at=row.shown_at,
        answered_at=row.answered_at,
        decided_at=row.decided_at,
        latency_ms=row.latency_ms,
        answers=row.answers,
        answer_seconds=row.answer_seconds,
        supervisor_id=row.supervisor_id,
    )
