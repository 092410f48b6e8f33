"""Facts are gathered through the packages' doors, judged by the rules, and what they see becomes flags.

Each round takes what was settled since the last one, a bounded batch at a time, and moves its place on after the flags
stand. Two watchers at once, or one killed anywhere, judge something twice; a flag is unique, so that nothing doubles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from lms.enrolment import api as enrolment
from lms.evidence import api as evidence
from lms.evidence.data import Whereabouts
from lms.lib.intervals import Span
from lms.lib.localday import day_span, from_ms, local_day
from lms.oversight.data import DaySeen, DeviceSeen, SubjectKind
from lms.oversight.models import DeviceUse, Flag, WatchProgress
from lms.oversight.registry import rules_about
from lms.player import api as player
from lms.player.data import SessionSeen

ELSEWHERE = ("live", "practice")
# A settler that has not committed by then has lost its lease: nothing smaller can appear any more.
SETTLED_FOR = timedelta(minutes=2)
SEGMENTS_AT_ONCE = 5_000
PEOPLE_AT_ONCE = 50
_DEVICES_KEPT = timedelta(days=7)
_NOTHING_YET = str(UUID(int=0))
Item = TypeVar("Item")


class Subject(NamedTuple):
    """Whom a rule spoke of, where it stands, and when."""

    kind: SubjectKind
    subject: str
    class_run_id: int
    enrolment_id: int | None
    window: Span


def watch(*, now: datetime, rounds: int = 50) -> None:
    """Flags stand for whatever the rules see in what was settled since the last time.

    Stops after `rounds` batches; the next call goes on from there.
    """
    for step in (_watch_sessions, _watch_elsewhere):
        for _ in range(rounds):
            if not step(now):
                break
    DeviceUse.objects.filter(day__lt=local_day(now - _DEVICES_KEPT)).delete()


def _watch_sessions(now: datetime) -> bool:
    """One batch of sessions is judged; False where nothing is left."""
    place = _place("sessions", "0")
    batch = player.settled_since(after_id=int(place), before=now - SETTLED_FOR, limit=SEGMENTS_AT_ONCE)
    if not batch.sessions:
        return False
    for part in _parts(batch.sessions):
        _judge_sessions(player.sessions_seen(sessions=part), now)
    _go_on("sessions", place, str(batch.last_id))
    return True


def _watch_elsewhere(now: datetime) -> bool:
    """One batch of live and practice evidence: the days it speaks of are judged again beside the video played."""
    place = _place("evidence", _NOTHING_YET)
    last, found = evidence.whereabouts_since(
        after=UUID(place), sources=ELSEWHERE, before=now - SETTLED_FOR, limit=SEGMENTS_AT_ONCE
    )
    if str(last) == place:
        return False
    for part in _parts(sorted({(item.learner_id, local_day(from_ms(item.span[0]))) for item in found})):
        _judge_days(part, now)
    _go_on("evidence", place, str(last))
    return True


def _place(stream: str, first: str) -> str:
    WatchProgress.objects.bulk_create([WatchProgress(stream=stream, last_id=first)], ignore_conflicts=True)
    return WatchProgress.objects.get(pk=stream).last_id


def _go_on(stream: str, place: str, reached: str) -> None:
    """Only from where this watcher began: another one may have got further meanwhile."""
    WatchProgress.objects.filter(pk=stream, last_id=place).update(last_id=reached)


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), PEOPLE_AT_ONCE):
        yield items[start : start + PEOPLE_AT_ONCE]


def _judge_sessions(sessions: Sequence[SessionSeen], now: datetime) -> None:
    runs = _class_runs(sessions)
    flags: list[Flag] = []
    for one in sessions:
        subject = Subject(
            SubjectKind.SESSION, str(one.session), runs[one.enrolment_id], one.enrolment_id,
            (one.started_ms, max(one.last_ms, one.started_ms + 1)),
        )  # fmt: skip
        flags += _judge(one, subject, now)
    _raise(flags)
    days = {
        (one.learner_id, day)
        for one in sessions
        for day in {local_day(from_ms(one.started_ms)), local_day(from_ms(one.last_ms))}
    }
    _judge_days(sorted(days), now)
    _judge_devices(sessions, runs, now)


def _judge_days(wanted: Iterable[tuple[int, date]], now: datetime) -> None:
    by_day: dict[date, list[int]] = defaultdict(list)
    for learner_id, day in wanted:
        by_day[day].append(learner_id)
    flags: list[Flag] = []
    for day, learner_ids in by_day.items():
        span = day_span(day, day)
        sessions = player.sessions_between(learner_ids=learner_ids, since=from_ms(span[0]), until=from_ms(span[1]))
        runs = _class_runs(sessions)
        elsewhere = evidence.whereabouts_of(enrolment_ids=set(runs), sources=ELSEWHERE)
        for learner_id in learner_ids:
            own = tuple(one for one in sessions if one.learner_id == learner_id and one.last_ms >= span[0])
            seen = DaySeen(
                learner_id=learner_id, day=day, day_span=span, sessions=own,
                elsewhere=_inside(elsewhere, learner_id, span),
            )  # fmt: skip
            for enrolment_id in dict.fromkeys(one.enrolment_id for one in own):
                subject = Subject(SubjectKind.LEARNER, str(learner_id), runs[enrolment_id], enrolment_id, span)
                flags += _judge(seen, subject, now)
    _raise(flags)


def _inside(elsewhere: Iterable[Whereabouts], learner_id: int, span: Span) -> tuple[tuple[str, Span], ...]:
    return tuple(
        (item.source, item.span)
        for item in elsewhere
        if item.learner_id == learner_id and item.span[0] < span[1] and item.span[1] > span[0]
    )


def _judge_devices(sessions: Iterable[SessionSeen], runs: Mapping[int, int], now: datetime) -> None:
    """Who opened a lesson on which device is noted; what many people used is flagged in each class that used it."""
    uses = {(local_day(from_ms(one.started_ms)), one.device, one.learner_id): one for one in sessions}
    DeviceUse.objects.bulk_create(
        [DeviceUse(day=day, device=device, learner_id=learner_id) for day, device, learner_id in uses],
        ignore_conflicts=True,
    )
    flags: list[Flag] = []
    for day, device, class_run_id in {(day, device, runs[one.enrolment_id]) for (day, device, _), one in uses.items()}:
        people = DeviceUse.objects.filter(day=day, device=device).count()
        subject = Subject(SubjectKind.DEVICE, device, class_run_id, None, day_span(day, day))
        flags += _judge(DeviceSeen(device=device, day=day, people=people), subject, now)
    _raise(flags)


def _class_runs(sessions: Iterable[SessionSeen]) -> dict[int, int]:
    facts = enrolment.get_enrolments(enrolment_ids={one.enrolment_id for one in sessions})
    return {enrolment_id: one.class_run_id for enrolment_id, one in facts.items()}


def _judge(seen: SessionSeen | DaySeen | DeviceSeen, subject: Subject, now: datetime) -> list[Flag]:
    found = []
    for rule in rules_about(subject.kind):
        figures = rule.judge(seen)
        if figures is not None:
            found.append(
                Flag(
                    rule=rule.code,
                    subject_kind=subject.kind.value,
                    subject=subject.subject,
                    class_run_id=subject.class_run_id,
                    enrolment_id=subject.enrolment_id,
                    window_from=from_ms(subject.window[0]),
                    window_to=from_ms(subject.window[1]),
                    figures=dict(figures),
                    raised_at=now,
                )
            )
    return found


def _raise(flags: list[Flag]) -> None:
    """The flags stand; those that stood before stay as they were."""
    Flag.objects.bulk_create(flags, ignore_conflicts=True)
