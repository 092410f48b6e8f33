"""The practice session that runs while a visitor is here: always one, so that signing out can be tried on any day.

What was, stays: a session that ended is never touched; the next one is planned, signed in to and signed off through
the same doors, each with its own instant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from lms.accounts import api as accounts
from lms.demo.cast import LEARNERS, STAFF
from lms.demo.stage import UNITS
from lms.enrolment import api as enrolment
from lms.enrolment.data import Refused
from lms.practice import api as practice
from lms.practice.data import CodeKind, PracticeSessionFacts

RUNNING_SINCE = timedelta(hours=2, minutes=50)
RUNNING_FOR = timedelta(hours=5)
_SHORTEST = timedelta(minutes=30)
_COMERS = ("learner_d", "learner_e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Whom and what a session of the demo class needs."""

    class_run_id: int
    base_id: int
    trainer_id: int
    planner_id: int
    comers: tuple[int, ...]


def hall_of(*, class_run_id: int) -> Hall:
    """The demo class's base and trainer, and who comes to practise: learner D first."""
    run = enrolment.get_class_run(class_run_id=class_run_id)
    names = {player.key: player.username for player in (*LEARNERS, *STAFF)}
    found = {key: accounts.find_person_by_username(username=names[key]) for key in ("provider", *_COMERS)}
    ids = {key: person.person_id for key, person in found.items() if person is not None}
    return Hall(
        class_run_id=class_run_id,
        base_id=run.base_id or 0,
        trainer_id=run.trainer_ids[0],
        planner_id=ids["provider"],
        comers=tuple(ids[key] for key in _COMERS if key in ids),
    )


def ensure_running_session(hall: Hall, *, now: datetime) -> int | None:
    """A session of the class is running, its learner signed in and signed off; its id. None where none can be now."""
    taken = [one for one in practice.sessions_for(trainer_id=hall.trainer_id) if one.cancelled_at is None]
    for session in taken:
        if session.class_run_id == hall.class_run_id and session.starts_at <= now < session.ends_at:
            return session.session_id
    room = _room(taken, now)
    if room is None:
        return None
    try:
        with transaction.atomic():
            return _hold(hall, *room, now=now)
    except Refused:
        return None  # the class is over, or somebody else has just planned this session


def renew(*, story: Path, now: datetime) -> bool:
    """`demo.json` names a session that runs now; whether it had to be written anew."""
    if not story.exists():
        return False
    told: dict[str, Any] = json.loads(story.read_text(encoding="utf-8"))
    running = ensure_running_session(hall_of(class_run_id=told["class_run"]), now=now)
    if running is None or running == told["practice_session"]:
        return False
    told["practice_session"] = running
    told["practice_sessions"] = {**told["practice_sessions"], "practice_running": running}
    write_story(story, told)
    return True


def write_story(target: Path, story: dict[str, Any]) -> None:
    """The file appears whole or not at all."""
    draft = target.with_suffix(".part")
    draft.write_text(json.dumps(story, ensure_ascii=False, indent=2), encoding="utf-8")
    draft.replace(target)


def _room(taken: list[PracticeSessionFacts], now: datetime) -> tuple[datetime, datetime] | None:
    """From when to when the trainer is free around `now`, as long as a session may be; None where that is too short."""
    if any(one.starts_at <= now < one.ends_at for one in taken):
        return None
    starts_at = max([now - RUNNING_SINCE, *(one.ends_at for one in taken if one.ends_at <= now)])
    ends_at = min([starts_at + RUNNING_FOR, *(one.starts_at for one in taken if one.starts_at > now)])
    return (starts_at, ends_at) if ends_at - now >= _SHORTEST else None


def _hold(hall: Hall, starts_at: datetime, ends_at: datetime, *, now: datetime) -> int:
    session_id = practice.schedule_session(
        class_run_id=hall.class_run_id, unit_key=UNITS["practice"], base_id=hall.base_id, trainer_id=hall.trainer_id,
        starts_at=starts_at, ends_at=ends_at, actor_id=hall.planner_id, now=starts_at - timedelta(hours=20),
    ).session_id  # fmt: skip
    comer = next((one for one in hall.comers if not _has_practised(hall.class_run_id, one, now)), None)
    if comer is not None:
        signed_at = min(now, starts_at + timedelta(minutes=1))
        code = practice.current_code(session_id=session_id, kind=CodeKind.IN, now=signed_at).code
        practice.sign_by_code(code=code, learner_id=comer, now=signed_at)
        practice.sign_off(
            session_id=session_id, trainer_id=hall.trainer_id, note="动作规范",
            now=max(signed_at, now - timedelta(minutes=2)),
        )  # fmt: skip
    return session_id


def _has_practised(class_run_id: int, learner_id: int, now: datetime) -> bool:
    """Whether the learner has signed out of a session of the class, or is no longer on its roster."""
    places = [one for one in enrolment.enrolments_of(person_id=learner_id) if one.class_run_id == class_run_id]
    if not places or not places[0].on_roster:
        return True
    sessions = practice.sessions_for(class_run_id=class_run_id)
    held = (practice.attendance_for(enrolment_id=places[0].enrolment_id, session=one, now=now) for one in sessions)
    return any(one is not None and one.out_at is not None for one in held)
