"""Opening a play session: whose it is, whether it can play, and who gives up the learner's clock for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.conf import settings
from django.db import transaction

from courses.api import get_curriculum
from courses.data import CurriculumVersion, UnitMode, UnitNotFound, UnitSpec
from lms.enrolment.api import get_enrolment
from lms.enrolment.data import EnrolmentFacts, NotYours
from lms.evidence.api import take_clock
from lms.hours.api import limits_for
from lms.hours.data import HourLimits
from lms.ledger.api import remaining_today, statement_for
from lms.lib.intervals import Span, subtract, union
from lms.lib.localday import day_number, day_start, from_ms, local_day, to_ms
from lms.lib.workdays import deadline_bounds, shipped_calendar
from lms.player import stream, texts
from lms.player.checks import ask_at_start, ensure_timer, prompt_of
from lms.player.data import CloseReason, Notice, PlaySessionFacts, SessionNotFound, UnableToPlayUnit
from lms.player.locks import hold_timers, lock_learner
from lms.player.memory import Memory
from lms.player.models import PlayMemory, PlaySession
from lms.player.sealing import SOURCE
from lms.player.token import LIFETIME, TokenKeys
from media.api import get_media_many

NEARLY_OVER_MS = 3_000


def open_session(
    *, learner_id: int, enrolment_id: int, unit_key: str, now: datetime, ip: str = "", user_agent: str = ""
) -> PlaySessionFacts:
    """A new play session holds the learner's clock from `now` on; whatever held it is superseded.

    Raises SessionNotFound for another person's enrolment or an unknown unit, UnableToPlayUnit for what is no video or
    is not ready. What keeps time from counting (dates, cap) is told in `notices` and does not stop the picture.
    """
    enrolment, _, unit = find_unit(learner_id=learner_id, enrolment_id=enrolment_id, unit_key=unit_key)
    unit_ms = _playable_ms(unit)
    limits = limits_for(pack=enrolment.hour_pack, category=enrolment.category)
    day = local_day(now)
    left = remaining_today(learner_id=learner_id, mode=UnitMode.VIDEO, day=day, limits=limits)
    coverage = coverage_of(enrolment_id=enrolment_id, unit_key=unit_key, now=now)
    memory = Memory(base=list(coverage), day=day_number(to_ms(now)), left_ms=left * 1000)
    with transaction.atomic():
        lock_learner(learner_id)
        if limits.presence_checks:
            ensure_timer(learner_id, limits)
        hold_timers([learner_id])
        started, closed = _close_older(learner_id, now)
        session = PlaySession.objects.create(
            id=uuid4(),
            learner_id=learner_id,
            enrolment_id=enrolment_id,
            unit_key=unit_key,
            media_id=unit.media_id,
            unit_ms=unit_ms,
            hour_pack=enrolment.hour_pack,
            category=enrolment.category,
            window_from=enrolment.window_from,
            window_to=enrolment.window_to,
            confirm_until=confirm_until(enrolment.window_to, limits),
            started_at=started,
            ip=ip,
            user_agent=user_agent,
        )
        PlayMemory.objects.create(session=session, memory=msgspec.to_builtins(memory))
        take_clock(learner_id=learner_id, source=SOURCE, holder=str(session.pk), from_at=started, now=now)
        check = ask_at_start(session=session, limits=limits, now=now) if limits.presence_checks else None
        transaction.on_commit(lambda: _tell_closed(closed), robust=True)
    expires_at = now + LIFETIME
    return PlaySessionFacts(
        session=session.pk,
        token=_seal(session, expires_at),
        expires_at=expires_at,
        next_seq=0,
        heartbeat_seconds=limits.heartbeat_seconds,
        resume_position=_resume_ms(session, coverage) // 1000,
        duration_seconds=unit.duration_seconds,
        max_rate_milli=limits.max_rate_milli,
        today_left_seconds=left,
        notices=_notices(enrolment, unit, coverage, left, now),
        prompt=prompt_of(check) if check else None,
    )


def confirm_until(window_to: datetime, limits: HourLimits) -> datetime:
    """Until when what waits for a presence check may be confirmed: the make-up days after the class, 24:00.

    Where the calendar does not know a year yet, the latest day that it can still turn out to be.
    """
    last_day = local_day(window_to - timedelta(milliseconds=1))
    if not limits.make_up_working_days:
        return window_to
    _, latest = deadline_bounds(last_day, limits.make_up_working_days, shipped_calendar())
    return day_start(latest + timedelta(days=1))


def find_unit(
    *, learner_id: int, enrolment_id: int, unit_key: str
) -> tuple[EnrolmentFacts, CurriculumVersion, UnitSpec]:
    """The learner's own enrolment with this unit of its curriculum. Raises SessionNotFound."""
    try:
        enrolment = get_enrolment(enrolment_id=enrolment_id)
        if enrolment.learner_id != learner_id:
            raise SessionNotFound(enrolment_id)
        curriculum = get_curriculum(curriculum_id=enrolment.curriculum_id)
        return enrolment, curriculum, curriculum.unit(unit_key)
    except (NotYours, UnitNotFound) as error:
        raise SessionNotFound(unit_key) from error


def coverage_of(*, enrolment_id: int, unit_key: str, now: datetime) -> tuple[Span, ...]:
    """The media that the ledger has credited for the unit."""
    for line in statement_for(enrolment_id=enrolment_id, now=now).units:
        if line.unit_key == unit_key:
            return line.coverage
    return ()


def _playable_ms(unit: UnitSpec) -> int:
    if unit.mode is not UnitMode.VIDEO or unit.media_id is None:
        raise UnableToPlayUnit("not_video", texts.not_video())
    media = get_media_many(media_ids=(unit.media_id,)).get(unit.media_id)
    if media is None or not media.ready:
        raise UnableToPlayUnit("media_not_ready", texts.media_not_ready())
    return unit.duration_seconds * 1000


def _close_older(learner_id: int, now: datetime) -> tuple[datetime, list[UUID]]:
    """Where the new session starts, and which sessions its start ended."""
    older = list(PlaySession.objects.filter(learner_id=learner_id, closed_at=None))
    begin = from_ms(to_ms(now))
    started = max([begin, *(session.started_at + timedelta(milliseconds=1) for session in older)])
    ids = [session.pk for session in older]
    PlaySession.objects.filter(pk__in=ids).update(closed_at=started, close_reason=CloseReason.SUPERSEDED.value)
    return started, ids


def _tell_closed(closed: list[UUID]) -> None:
    stream.publish_closed((session.bytes, CloseReason.SUPERSEDED.value) for session in closed)


def _seal(session: PlaySession, expires_at: datetime) -> str:
    return TokenKeys(settings.PLAY_TOKEN_KEYS).seal(
        session=session.pk,
        learner_id=session.learner_id,
        enrolment_id=session.enrolment_id,
        unit_key=session.unit_key,
        unit_ms=session.unit_ms,
        expires_at=expires_at,
    )


def _resume_ms(session: PlaySession, coverage: tuple[Span, ...]) -> int:
    """Where the learner was last; at the end of the video, or never yet: the first part that is not credited."""
    last = recent_memories(session.enrolment_id, session.unit_key, but=session.pk)
    position = next((memory.last_media_ms for memory in last if memory.last_media_ms >= 0), -1)
    if 0 <= position < session.unit_ms - NEARLY_OVER_MS:
        return position
    sealed = union([*coverage, *(span for memory in last for span in memory_spans(memory))])
    gaps = subtract([(0, session.unit_ms)], sealed)
    return gaps[0][0] if gaps else 0


def memory_spans(memory: Memory) -> list[Span]:
    """What a session has watched of the video: sealed, or waiting for a presence check."""
    return [*memory.media, *(stretch.media for stretch in memory.unproven)]


def recent_memories(enrolment_id: int, unit_key: str, *, but: UUID | None = None, most: int = 20) -> list[Memory]:
    """What settling remembers of the newest sessions of a unit, newest first."""
    rows = PlayMemory.objects.filter(session__enrolment_id=enrolment_id, session__unit_key=unit_key)
    rows = rows.exclude(session_id=but).order_by("-session__started_at")
    return [msgspec.convert(row, Memory) for row in rows.values_list("memory", flat=True)[:most]]


def _notices(
    enrolment: EnrolmentFacts, unit: UnitSpec, coverage: tuple[Span, ...], left: int, now: datetime
) -> tuple[Notice, ...]:
    found: list[Notice] = []
    if not enrolment.on_roster:
        found.append(Notice(code="not_on_roster", text=texts.not_on_roster()))
    elif enrolment.filed_on is None:
        found.append(Notice(code="before_filing", text=texts.before_filing()))
    elif now < enrolment.window_from:
        found.append(Notice(code="before_window", text=texts.before_window(enrolment.window_from)))
    elif now >= enrolment.window_to:
        found.append(Notice(code="out_of_window", text=texts.out_of_window()))
    elif not subtract([(0, unit.duration_seconds * 1000)], coverage):
        found.append(Notice(code="complete", text=texts.complete()))
    if left <= 0:
        found.append(Notice(code="daily_cap", text=texts.daily_cap()))
    return tuple(found)
