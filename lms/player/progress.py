"""What counts already of a video, for the learner's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from courses.data import HOUR_MODES, CurriculumVersion, UnitMode, UnitSpec
from lms.enrolment.data import EnrolmentFacts
from lms.evidence.data import ReasonCode
from lms.hours.api import limits_for
from lms.ledger.api import remaining_today, statement_for
from lms.ledger.data import LearningStatement, UnitLine
from lms.lib.intervals import Span, intersect, subtract, total, union
from lms.lib.localday import local_day
from lms.player.checks import prompt_of
from lms.player.data import CheckPrompt, CloseReason, ModeProgress, Progress, RefusedPart, SessionNotFound
from lms.player.models import OpenCheck, PlayMemory, PlaySession
from lms.player.opening import find_unit, memory_spans, recent_memories

MOST_REFUSED = 50
WORTH_SHOWING_MS = 1_000


def get_own_session(*, session: UUID, learner_id: int) -> PlaySession:
    """The learner's own session. Raises SessionNotFound."""
    row = PlaySession.objects.filter(pk=session, learner_id=learner_id).first()
    if row is None:
        raise SessionNotFound(session)
    return row


def session_progress(*, session: UUID, learner_id: int, now: datetime) -> Progress:
    """The progress of a session's unit, and what became of the session. Raises SessionNotFound."""
    row = get_own_session(session=session, learner_id=learner_id)
    enrolment, curriculum, unit = find_unit(learner_id=learner_id, enrolment_id=row.enrolment_id, unit_key=row.unit_key)
    memory = PlayMemory.objects.values_list("memory", flat=True).get(pk=session)
    check = OpenCheck.objects.filter(enrolment_id=row.enrolment_id).first() if row.closed_at is None else None
    return unit_progress(
        enrolment,
        curriculum,
        unit,
        statement_for(enrolment_id=enrolment.enrolment_id, now=now),
        now=now,
        closed=CloseReason(row.close_reason) if row.close_reason else None,
        settled_seq=memory.get("play", {}).get("settled_seq", -1),
        prompt=prompt_of(check) if check else None,
    )


def unit_progress(
    enrolment: EnrolmentFacts,
    curriculum: CurriculumVersion,
    unit: UnitSpec,
    statement: LearningStatement,
    *,
    now: datetime,
    closed: CloseReason | None = None,
    settled_seq: int = -1,
    prompt: CheckPrompt | None = None,
) -> Progress:
    """Credited, pending and refused parts of a video, and where the class stands."""
    unit_ms = unit.duration_seconds * 1000
    line = unit_line(statement, unit.unit_key)
    credited = line.coverage if line else ()
    memories = recent_memories(enrolment.enrolment_id, unit.unit_key)
    waiting = [stretch.media for memory in memories for stretch in memory.unproven]
    unconfirmed = subtract(intersect([(0, unit_ms)], waiting), credited)
    refused = refused_parts(line, unit_ms, waiting)
    told = [(part.from_ms, part.to_ms) for part in refused]
    sealed = intersect([(0, unit_ms)], [span for memory in memories for span in memory_spans(memory)])
    pending = subtract(sealed, [*credited, *told])
    limits = limits_for(pack=enrolment.hour_pack, category=enrolment.category)
    return Progress(
        credited=credited,
        pending=pending,
        refused=refused,
        credited_seconds=line.credited_seconds if line else 0,
        pending_seconds=total(pending) // 1000,
        unit_seconds=unit.duration_seconds,
        today_left_seconds=remaining_today(
            learner_id=enrolment.learner_id, mode=UnitMode.VIDEO, day=local_day(now), limits=limits
        ),
        modes=mode_progress(curriculum, statement),
        closed=closed,
        settled_seq=settled_seq,
        unconfirmed_seconds=total(unconfirmed) // 1000,
        prompt=prompt,
    )


def pending_for(
    *, enrolment_id: int, curriculum: CurriculumVersion, statement: LearningStatement
) -> dict[str, tuple[Span, ...]]:
    """Media of each video unit that was played and stands neither credited nor refused yet; units without are left
    out. One query for all units."""
    played: dict[str, list[Span]] = {}
    waiting: dict[str, list[Span]] = {}  # for a presence check, also where an earlier viewing was refused
    rows = PlayMemory.objects.filter(session__enrolment_id=enrolment_id).values_list("session__unit_key", "memory")
    for unit_key, memory in rows:
        played.setdefault(unit_key, []).extend((start, end) for start, end in memory.get("media", ()))
        waiting.setdefault(unit_key, []).extend(
            (start, start + length) for _, start, length in memory.get("unproven", ())
        )
    found: dict[str, tuple[Span, ...]] = {}
    for unit in curriculum.units:
        line = unit_line(statement, unit.unit_key)
        known = [*line.coverage, *_forward((part.from_ms, part.to_ms) for part in line.refused)] if line else []
        posting = subtract(played.get(unit.unit_key, ()), known)
        unproven = subtract(waiting.get(unit.unit_key, ()), line.coverage if line else ())
        open_spans = intersect([(0, unit.duration_seconds * 1000)], [*posting, *unproven])
        if total(open_spans) >= WORTH_SHOWING_MS:
            found[unit.unit_key] = open_spans
    return found


def unit_line(statement: LearningStatement, unit_key: str) -> UnitLine | None:
    return next((line for line in statement.units if line.unit_key == unit_key), None)


def refused_parts(line: UnitLine | None, unit_ms: int, waiting: Sequence[Span] = ()) -> tuple[RefusedPart, ...]:
    """What was refused and has been neither credited nor watched again since (`waiting`), neighbours of one reason
    joined, the latest reason first."""
    if line is None:
        return ()
    parts: list[RefusedPart] = []
    shown: list[Span] = [*line.coverage, *waiting]
    by_reason: dict[ReasonCode, list[Span]] = {}
    for refused in reversed(line.refused):
        by_reason.setdefault(refused.reason, []).append((refused.from_ms, min(refused.to_ms, unit_ms)))
    for reason, spans in by_reason.items():
        fresh = subtract(union(_forward(spans)), shown)
        parts += [RefusedPart(from_ms=a, to_ms=b, reason=reason) for a, b in fresh if b - a >= WORTH_SHOWING_MS]
        shown += fresh
    return tuple(sorted(parts, key=lambda part: part.from_ms)[:MOST_REFUSED])


def _forward(spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span[0] < span[1]]


def mode_progress(curriculum: CurriculumVersion, statement: LearningStatement) -> tuple[ModeProgress, ...]:
    """Each hour kind that the plan asks for."""
    credited = {line.mode: line.credited_seconds for line in statement.modes}
    return tuple(
        ModeProgress(mode=mode.value, credited_seconds=credited.get(mode, 0), required_seconds=curriculum.seconds(mode))
        for mode in HOUR_MODES
        if curriculum.seconds(mode)
    )
