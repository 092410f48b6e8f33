"""What the learners did before the visitor came, fed through the same doors with its own past instants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from lms.assessment import api as assessment
from lms.demo.running import ensure_running_session, hall_of
from lms.demo.stage import OPEN_UNITS, UNITS, Cast
from lms.enrolment import api as enrolment
from lms.evidence import api as evidence
from lms.lib.localday import day_start, from_ms, local_day, to_ms
from lms.player import api as player
from lms.player.data import Beat
from lms.practice import api as practice
from lms.practice.data import CodeKind

LESSON_SECONDS = 2700
LEFT_FOR_THE_VISITOR_SECONDS = 120
_TICK_MS = 15_000
_DELAY_MS = 250
CAPTURER = "demo-live-room"


class UnableToTell(RuntimeError):
    """A part of the story could not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The demo's calendar: `at(5, 19, 30)` is 19:30 in Shanghai five days ago."""

    now: datetime

    def at(self, days_ago: int, hours: int, minutes: int = 0) -> datetime:
        return day_start(local_day(self.now) - timedelta(days=days_ago)) + timedelta(hours=hours, minutes=minutes)


@transaction.atomic
def tell_history(*, cast: Cast, class_run_id: int, now: datetime) -> dict[str, int]:
    """Every learner has done what the story says, all of it or nothing; ids of the two practice sessions."""
    told = practice.sessions_for(class_run_id=class_run_id)
    if told:
        return {"practice_done": told[0].session_id, "practice_running": told[-1].session_id}
    past = Past(now=now)
    places = {item.learner_id: item.enrolment_id for item in enrolment.roster_of(class_run_id=class_run_id)}
    ids = {key: places[cast.people[key]] for key in cast.people if cast.people[key] in places}
    _watch_lessons(cast, ids, past)
    _cheat(cast, ids["learner_b"], past)
    _attend_live(ids, past)
    done = _practise(cast, class_run_id, past)
    running = ensure_running_session(hall_of(class_run_id=class_run_id), now=now)
    _sit_exams(cast, class_run_id, ids, past)
    if running is None:
        raise UnableToTell("the demo's running practice session could not be planned")
    return {"practice_done": done, "practice_running": running}


def plan_open_practice(*, cast: Cast, class_run_id: int, now: datetime) -> None:
    """The open class has its practice afternoon in the timetable, five days from now."""
    if practice.sessions_for(class_run_id=class_run_id):
        return
    coming = Past(now=now)
    practice.schedule_session(
        class_run_id=class_run_id, unit_key=OPEN_UNITS["practice"], base_id=cast.firms["base"],
        trainer_id=cast.people["trainer"], starts_at=coming.at(-5, 13, 30), ends_at=coming.at(-5, 15),
        actor_id=cast.people["provider"], now=coming.at(3, 10),
    )  # fmt: skip


def _watch_lessons(cast: Cast, ids: dict[str, int], past: Past) -> None:
    watched = {
        "learner_a": {"safety": LESSON_SECONDS, "moving": LESSON_SECONDS - LEFT_FOR_THE_VISITOR_SECONDS},
        "learner_c": {"safety": LESSON_SECONDS, "moving": LESSON_SECONDS},
        "learner_d": {"safety": LESSON_SECONDS, "moving": LESSON_SECONDS},
        "learner_e": {"safety": LESSON_SECONDS, "moving": LESSON_SECONDS // 2},
    }
    for place, (key, lessons) in enumerate(watched.items()):
        for days_ago, (lesson, seconds) in zip((7, 6), lessons.items(), strict=True):
            started = past.at(days_ago, 19, 30 + place * 2)
            _watch(cast.people[key], ids[key], UNITS[lesson], started, honest_beats(started, seconds))


def _cheat(cast: Cast, enrolment_id: int, past: Past) -> None:
    """Six honest minutes, then a client that claims the rest of both lessons at once, and sends it again."""
    person = cast.people["learner_b"]
    started = past.at(6, 21)
    honest = list(honest_beats(started, 360))
    jump = _beat(boot="b1", seq=len(honest), start=started, from_ms=360_000, media_from_ms=360_000, length_ms=15_000)
    flood = [
        jump._replace(seq=jump.seq + step, media_from_ms=360_000 + step * 240_000, media_to_ms=600_000 + step * 240_000,
                      rate_milli=16_000)
        for step in range(9)
    ]  # fmt: skip
    _watch(person, enrolment_id, UNITS["safety"], started, [*honest, *flood, *flood])
    later = past.at(5, 22)
    at_once = _beat(boot="b2", seq=0, start=later, from_ms=0, media_from_ms=0, length_ms=LESSON_SECONDS * 1000)
    _watch(
        person,
        enrolment_id,
        UNITS["moving"],
        later,
        [at_once._replace(sent_ms=15_000, received_ms=to_ms(later) + 15_000)],
    )


def honest_beats(started: datetime, seconds: int) -> Iterator[Beat]:
    """Closed stretches of 15 s from the start of the video, each received a moment after it closed."""
    total = seconds * 1000
    for seq, at in enumerate(range(0, total, _TICK_MS)):
        yield _beat(
            boot="b1", seq=seq, start=started, from_ms=at, media_from_ms=at, length_ms=min(_TICK_MS, total - at)
        )


def _beat(*, boot: str, seq: int, start: datetime, from_ms: int, media_from_ms: int, length_ms: int) -> Beat:
    return Beat(
        boot=boot,
        seq=seq,
        from_ms=from_ms,
        to_ms=from_ms + length_ms,
        media_from_ms=media_from_ms,
        media_to_ms=media_from_ms + length_ms,
        rate_milli=1000,
        why="tick",
        sent_ms=from_ms + length_ms,
        received_ms=to_ms(start) + from_ms + length_ms + _DELAY_MS,
        sent_boot=boot,
    )


def _watch(
    person_id: int, enrolment_id: int, unit_key: str, started: datetime, beats: Iterator[Beat] | list[Beat]
) -> None:
    session = player.open_session(
        learner_id=person_id, enrolment_id=enrolment_id, unit_key=unit_key, now=started, user_agent="demo"
    )
    sent = list(beats)
    player.feed_history(session=session.session, beats=sent, now=from_ms(max(beat.received_ms for beat in sent)))


def _attend_live(ids: dict[str, int], past: Past) -> None:
    """One live class of two periods, delivered by a registered capturer and signed with its key."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.BLIND_INDEX_KEY))
    public = key.public_key().public_bytes_raw().hex()
    start, end = past.at(5, 19), past.at(5, 20, 30)
    evidence.register_capturer(
        code=CAPTURER, public_key=public, sources=("live",), organisation_id=None, now=past.at(30, 9)
    )
    for learner in ("learner_a", "learner_b", "learner_c", "learner_d"):
        body = json.dumps(_presence(ids[learner], to_ms(start), to_ms(end), end)).encode()
        evidence.deliver_evidence(
            source="live", capturer=CAPTURER, signature=key.sign(body).hex(), body=body, now=end + timedelta(minutes=2)
        )


def _presence(enrolment_id: int, start_ms: int, end_ms: int, captured_at: datetime) -> dict[str, object]:
    calls = [
        {"asked_ms": start_ms + minute * 60_000, "answered_ms": start_ms + minute * 60_000 + 6_400}
        for minute in (12, 41, 70)
    ]
    return {
        "source": "live",
        "enrolment": enrolment_id,
        "unit": UNITS["live"],
        "external_key": f"night-care-{enrolment_id}",
        "captured_at": captured_at.isoformat(),
        "payload": {"session": "night-care", "schedule": [start_ms, end_ms], "roll_calls": calls},
        "stretches": [{"wall_from_ms": start_ms, "wall_to_ms": end_ms}],
    }


def _practise(cast: Cast, class_run_id: int, past: Past) -> int:
    """A past session of three hours: A and B came, C did not, D comes to the one that runs now."""
    starts_at, ends_at = past.at(4, 9), past.at(4, 12)
    session_id = _schedule(cast, class_run_id, starts_at, ends_at, past.at(6, 9))
    for learner in ("learner_a", "learner_b"):
        _sign(session_id, CodeKind.IN, cast.people[learner], starts_at - timedelta(minutes=4))
    practice.sign_off(
        session_id=session_id, trainer_id=cast.people["trainer"], now=ends_at - timedelta(minutes=5),
        note="三次床椅移位均独立完成",
    )  # fmt: skip
    for learner in ("learner_a", "learner_b"):
        _sign(session_id, CodeKind.OUT, cast.people[learner], ends_at + timedelta(minutes=3))
    return session_id


def _schedule(cast: Cast, class_run_id: int, starts_at: datetime, ends_at: datetime, now: datetime) -> int:
    return practice.schedule_session(
        class_run_id=class_run_id, unit_key=UNITS["practice"], base_id=cast.firms["base"],
        trainer_id=cast.people["trainer"], starts_at=starts_at, ends_at=ends_at, actor_id=cast.people["provider"],
        now=now,
    ).session_id  # fmt: skip


def _sign(session_id: int, kind: CodeKind, learner_id: int, now: datetime) -> None:
    code = practice.current_code(session_id=session_id, kind=kind, now=now).code
    practice.sign_by_code(code=code, learner_id=learner_id, now=now)


def _sit_exams(cast: Cast, class_run_id: int, ids: dict[str, int], past: Past) -> None:
    marks = {"learner_a": (91, 88), "learner_b": (74, 70), "learner_c": (86, 79), "learner_d": (82, 84)}
    for days_ago, unit, place in ((3, "theory", 0), (2, "skill", 1)):
        exam = assessment.schedule_exam(
            class_run_id=class_run_id, unit_key=UNITS[unit], held_on=local_day(past.at(days_ago, 9)),
            assessor_id=cast.people["assessor"], actor_id=cast.people["provider"], now=past.at(days_ago + 3, 9),
        )  # fmt: skip
        for learner, scores in marks.items():
            assessment.enter_mark(
                exam_id=exam.exam_id, enrolment_id=ids[learner], score=scores[place],
                assessor_id=cast.people["assessor"], now=past.at(days_ago, 16),
            )  # fmt: skip
