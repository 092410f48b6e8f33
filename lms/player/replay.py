"""Recorded beats, judged again by the live rules and the ledger, without a class, a course or a stream.

The caller rolls everything back: learners, enrolments and units are made-up ids that only this transaction sees.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from sys import intern
from typing import Any, NamedTuple
from uuid import UUID

from courses.data import UnitCategory, UnitMode, UnitSpec
from lms.enrolment.data import EnrolmentFacts, PayeeKind
from lms.evidence import api as evidence
from lms.evidence.data import AssessContext, CreditProposal, Evidence, Tenure
from lms.hours.api import CURRENT_PACK, limits_for
from lms.hours.data import HourLimits
from lms.ledger.api import post_credits
from lms.ledger.data import PostedCredit
from lms.lib.localday import day_start, from_ms
from lms.player.data import Beat, SessionFacts, Verdict
from lms.player.rules import is_sane
from lms.player.sealing import CAPTURER, MOST_REFUSED, SOURCE, as_stretch, refused_part
from lms.player.timeline import Outcome, PlayState, fold_beats
from lms.player.wire import whole_ms

CATEGORY = "group_class"
FIRST_BEAT_MS = 15_000
MADE_UP = 10**15
SESSIONS_AT_ONCE = 200
_DAY_MS = 86_400_000
_EARLIEST_MS = 1_767_225_600_000  # 2026; recordings with a smaller clock are moved up by whole days
_LATEST_MS = 4_000_000_000_000
_ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))


class UnreadableLine(ValueError):
    """A recorded line that names no session, learner or unit."""


@dataclass(slots=True)
class Recording:
    """Everything recorded of one session. `started_ms` None: not told."""

    session: str
    learner: str
    unit: str
    unit_ms: int = 0
    started_ms: int | None = None
    beats: list[Beat] = field(default_factory=list)
    malformed: int = 0
    repeated: int = 0
    _known: set[Beat] = field(default_factory=set)

    def add(self, beat: Beat) -> None:
        """One more recorded beat. A line that stands there already takes no room; it is only counted."""
        if beat in self._known:
            self.repeated += 1
        else:
            self._known.add(beat)
            self.beats.append(beat)


class JudgedSession(NamedTuple):
    """One session judged alone: what its beats came to, and what that is worth beside nothing else."""

    recording: Recording
    outcome: Outcome
    proposal: CreditProposal


class Replayed(NamedTuple):
    """What one session comes to: seconds credited, seconds refused by reason, beats by verdict."""

    session: str
    credited_seconds: int
    reasons: dict[str, int]
    verdicts: dict[str, int]


def take_line(recordings: dict[str, Recording], line: Mapping[str, Any]) -> None:
    """The recordings hold one more line. Senseless figures are kept as a malformed beat. Raises UnreadableLine."""
    names = [line.get(name) for name in ("session", "learner", "unit")]
    if not all(isinstance(name, (str, int)) and not isinstance(name, bool) for name in names):
        raise UnreadableLine("session, learner and unit must be text")
    session, learner, unit = (str(name) for name in names)
    recording = recordings.setdefault(session, Recording(session, learner, unit))
    unit_ms = _figure(line.get("unit_seconds"), 1000)
    if unit_ms > 0:
        recording.unit_ms = min(recording.unit_ms or unit_ms, unit_ms)
    started = _figure(line.get("started_ms"), 1)
    if started >= 0:
        recording.started_ms = min(started, recording.started_ms if recording.started_ms is not None else started)
    received = _figure(line.get("received_ms"), 1)
    if not 0 <= received <= _LATEST_MS:
        recording.malformed += 1
        return
    recording.add(
        Beat(
            intern(str(line.get("boot", ""))),
            _figure(line.get("seq"), 1),
            _figure(line.get("from_ms"), 1),
            _figure(line.get("to_ms"), 1),
            _figure(line.get("from_s"), 1000),
            _figure(line.get("to_s"), 1000),
            _figure(line.get("rate", 1), 1000),
            intern(str(line.get("why", ""))),
            _figure(line.get("sent_ms"), 1),
            received,
            intern(str(line.get("sent_boot", ""))),
        )
    )


def _figure(value: object, scale: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return -1
    return whole_ms(value, scale)


def replay(recordings: Iterable[Recording], *, now: datetime) -> list[Replayed]:
    """What each session comes to, in order of their names. Everything the ledger wrote is the caller's to roll back."""
    done: list[Replayed] = []
    for chunk in judge(recordings, limits=replay_limits(), now=now):
        posted = post_credits(proposals=[judged.proposal for judged in chunk], now=now)
        done += [
            _summary(judged.recording, judged.outcome, credit) for judged, credit in zip(chunk, posted, strict=True)
        ]
    return sorted(done)


def replay_limits() -> HourLimits:
    """The rules of a replay (contract): normal speed, no presence checks, no order, daily caps on."""
    return replace(
        limits_for(pack=CURRENT_PACK, category=CATEGORY), max_rate_milli=1000, presence_checks=False, order_gate=False
    )


def judge(recordings: Iterable[Recording], *, limits: HourLimits, now: datetime) -> Iterator[list[JudgedSession]]:
    """Each session judged alone, whole learners at a time. Pure: nothing is read or stored."""
    ordered = sorted(recordings, key=lambda recording: recording.session)
    _move_up(ordered)
    clocks = _clocks(ordered, limits)
    units = {name: index for index, name in enumerate(sorted({recording.unit for recording in ordered}))}
    people = {name: index for index, name in enumerate(sorted({recording.learner for recording in ordered}))}
    by_learner = sorted(ordered, key=lambda recording: (people[recording.learner], recording.session))
    for chunk in _by_whole_learners(by_learner):
        yield [
            _judge(recording, clocks[recording.learner], people[recording.learner], units[recording.unit], limits, now)
            for recording in chunk
        ]


def _move_up(recordings: Sequence[Recording]) -> None:
    """A clock that starts near zero is moved to our days, by whole days, so that days stay days."""
    first = min((beat.received_ms for recording in recordings for beat in recording.beats), default=_EARLIEST_MS)
    if first >= _EARLIEST_MS // 2:
        return
    days = -(-(_EARLIEST_MS - first) // _DAY_MS) * _DAY_MS
    for recording in recordings:
        recording.beats = [beat._replace(received_ms=beat.received_ms + days) for beat in recording.beats]
        if recording.started_ms is not None:
            recording.started_ms += days


def _started(recording: Recording) -> int:
    if recording.started_ms is not None:
        return recording.started_ms
    return min((beat.received_ms for beat in recording.beats), default=_EARLIEST_MS) - FIRST_BEAT_MS


def _begun(recording: Recording) -> int:
    """When the session says it began: its start, if told, else the first stretch of its first message."""
    started = _started(recording)
    first = min((beat.received_ms for beat in recording.beats), default=started)
    begun = [
        beat.received_ms - beat.sent_ms + beat.from_ms
        for beat in recording.beats
        if beat.received_ms == first and is_sane(beat)
    ]
    if recording.started_ms is not None or not begun:
        return started
    return min(max(started, min(begun)), first)


def _clocks(recordings: Iterable[Recording], limits: HourLimits) -> dict[str, tuple[Tenure, ...]]:
    """Who held each learner's clock: a later session supersedes the one before.

    A start that is only assumed takes nothing from an earlier session that was over by then.
    """
    by_learner: dict[str, list[Recording]] = {}
    for recording in recordings:
        by_learner.setdefault(recording.learner, []).append(recording)
    clocks: dict[str, tuple[Tenure, ...]] = {}
    for learner, own in by_learner.items():
        starts = _starts(sorted(own, key=lambda one: (_begun(one), one.session)), limits)
        ends = [start for start, _ in starts[1:]]
        clocks[learner] = tuple(
            Tenure(holder=holder, source=SOURCE, from_ms=start, to_ms=end)
            for (start, holder), end in zip(starts, [*ends, None], strict=True)
        )
    return clocks


def _starts(own: Sequence[Recording], limits: HourLimits) -> list[tuple[int, str]]:
    starts: list[tuple[int, str]] = []
    over = 0
    for recording in own:
        begun = _begun(recording)
        if recording.started_ms is None:  # room for a quicker message than the first
            begun = min(begun, max(over, begun - limits.rate_slack_ms, _started(recording)))
        starts.append((max(begun, starts[-1][0] if starts else 0), _holder(recording.session)))
        over = max([over, *(beat.received_ms for beat in recording.beats)])
    return starts


def _holder(session: str) -> str:
    return hashlib.sha256(session.encode(errors="replace")).hexdigest()[:32]


def _by_whole_learners(recordings: Sequence[Recording]) -> Iterable[list[Recording]]:
    chunk: list[Recording] = []
    for recording in recordings:
        if len(chunk) >= SESSIONS_AT_ONCE and recording.learner != chunk[-1].learner:
            yield chunk
            chunk = []
        chunk.append(recording)
    if chunk:
        yield chunk


def _judge(
    recording: Recording, clock: tuple[Tenure, ...], learner: int, unit: int, limits: HourLimits, now: datetime
) -> JudgedSession:
    holder = _holder(recording.session)
    tenure = next(item for item in clock if item.holder == holder)
    facts = SessionFacts(
        started_ms=tenure.from_ms,
        unit_ms=recording.unit_ms,
        window_from_ms=0,
        window_to_ms=_LATEST_MS,
        superseded_ms=tenure.to_ms,
    )
    outcome = fold_beats(PlayState(), facts, recording.beats, limits)
    last = max((beat.received_ms for beat in recording.beats), default=tenure.from_ms)
    sealed = Evidence(
        evidence_id=UUID(hex=holder),
        source=SOURCE,
        learner_id=MADE_UP + learner,
        enrolment_id=MADE_UP + learner,
        unit_key=f"replay-{unit}",
        stretches=tuple(as_stretch(played) for played in outcome.stretches),
        payload={"session": holder, "refused": [refused_part(part) for part in outcome.refused[:MOST_REFUSED]]},
        captured_by=CAPTURER,
        captured_at=from_ms(last),
        external_key=holder,
        digest=hashlib.sha256(holder.encode()).hexdigest(),
        recorded_at=now,
    )
    spec = _unit(sealed.unit_key, recording.unit_ms)
    context = AssessContext(enrolment=_enrolment(MADE_UP + learner), limits=limits, tenures=clock)
    return JudgedSession(recording, outcome, evidence.assess_alone(evidence=sealed, unit=spec, context=context))


def _unit(unit_key: str, unit_ms: int) -> UnitSpec:
    seconds = unit_ms // 1000
    return UnitSpec(
        unit_key=unit_key,
        mode=UnitMode.VIDEO,
        category=UnitCategory.THEORY,
        title=unit_key,
        position=1,
        duration_seconds=seconds,
        required_seconds=seconds,
    )


def _enrolment(person: int) -> EnrolmentFacts:
    """An enrolment that stands in nobody's way: on the roster, filed long ago, no end."""
    return EnrolmentFacts(
        enrolment_id=person,
        learner_id=person,
        class_run_id=MADE_UP,
        curriculum_id=MADE_UP,
        employer_id=None,
        payer_kind=PayeeKind.PERSON,
        payer_id=person,
        enrolled_at=_ALWAYS[0],
        on_roster=True,
        filed_on=_ALWAYS[0].date(),
        window_from=day_start(_ALWAYS[0].date()),
        window_to=_ALWAYS[1],
        hour_pack=CURRENT_PACK,
        category=CATEGORY,
        order_gate=False,
        programme_code="REPLAY",
    )


def _summary(recording: Recording, outcome: Outcome, credit: PostedCredit) -> Replayed:
    verdicts = Counter(item.verdict.value for item in outcome.verdicts)
    if recording.repeated:
        verdicts[Verdict.REPLAYED.value] += recording.repeated
    if recording.malformed:
        verdicts[Verdict.MALFORMED.value] += recording.malformed
    lengths = Counter({reason.value: length for reason, length in credit.refused.items()})
    for part in outcome.refused[MOST_REFUSED:]:
        lengths[part.reason] += part.claim.length_ms
    reasons = {reason: length // 1000 for reason, length in sorted(lengths.items()) if length >= 1000}
    return Replayed(recording.session, credit.credited_seconds, reasons, dict(sorted(verdicts.items())))
