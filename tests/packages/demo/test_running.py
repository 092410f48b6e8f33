"""A practice session always runs in the demo; what ended is never touched."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from lms.demo.running import RUNNING_FOR, RUNNING_SINCE, ensure_running_session, hall_of, renew
from lms.demo.stage import ENDS_IN_DAYS
from lms.enrolment.api import enrolments_of
from lms.practice import api as practice
from lms.practice.data import AttendanceFacts, CodeKind
from tests.packages.demo.conftest import NOON, World

LATER = NOON + timedelta(days=1)


def attended(world: World, learner: str, session_id: int, now: datetime) -> AttendanceFacts | None:
    (place,) = enrolments_of(person_id=world.cast.people[learner])
    session = practice.get_session(session_id=session_id)
    return practice.attendance_for(enrolment_id=place.enrolment_id, session=session, now=now)


def run_one(world: World, now: datetime) -> int:
    made = ensure_running_session(hall_of(class_run_id=world.class_run_id), now=now)
    assert made is not None
    return made


def test_d_is_signed_in_signed_off_and_only_has_to_sign_out(world: World) -> None:
    session_id = run_one(world, NOON)
    session = practice.get_session(session_id=session_id)
    assert (session.starts_at, session.ends_at) == (NOON - RUNNING_SINCE, NOON - RUNNING_SINCE + RUNNING_FOR)
    facts = attended(world, "learner_d", session_id, NOON)
    assert facts is not None
    assert facts.in_at == session.starts_at + timedelta(minutes=1)
    assert facts.out_at is None
    assert facts.signed_off_at == NOON - timedelta(minutes=2)
    assert run_one(world, NOON + timedelta(hours=2)) == session_id
    assert attended(world, "learner_e", session_id, NOON) is None


def test_on_a_later_start_a_new_session_runs_and_the_old_one_stays_as_it_was(world: World) -> None:
    first = run_one(world, NOON)
    before = practice.get_session(session_id=first), attended(world, "learner_d", first, NOON)
    second = run_one(world, LATER)
    assert second != first
    facts = attended(world, "learner_d", second, LATER)
    assert facts is not None
    assert (facts.out_at, facts.in_at) == (None, LATER - RUNNING_SINCE + timedelta(minutes=1))
    assert (practice.get_session(session_id=first), attended(world, "learner_d", first, NOON)) == before


def test_right_after_a_session_the_next_one_begins_where_it_ended(world: World) -> None:
    ended = practice.get_session(session_id=run_one(world, NOON)).ends_at
    session_id = run_one(world, ended + timedelta(seconds=20))
    assert practice.get_session(session_id=session_id).starts_at == ended
    facts = attended(world, "learner_d", session_id, ended + timedelta(seconds=20))
    assert facts is not None
    assert facts.in_at == ended + timedelta(seconds=20)


def test_once_d_has_signed_out_somebody_else_comes(world: World) -> None:
    session_id = run_one(world, NOON)
    code = practice.current_code(session_id=session_id, kind=CodeKind.OUT, now=NOON).code
    practice.sign_by_code(code=code, learner_id=world.cast.people["learner_d"], now=NOON)
    second = run_one(world, LATER)
    assert attended(world, "learner_d", second, LATER) is None
    assert attended(world, "learner_e", second, LATER) is not None


def test_after_the_class_nothing_is_planned_any_more(world: World) -> None:
    after = NOON + timedelta(days=ENDS_IN_DAYS + 1)
    assert ensure_running_session(hall_of(class_run_id=world.class_run_id), now=after) is None
    assert practice.sessions_for(class_run_id=world.class_run_id) == ()


def test_the_demos_own_account_names_the_session_that_runs_now(world: World, tmp_path: Path) -> None:
    story = tmp_path / "demo.json"
    assert not renew(story=story, now=NOON)
    first = run_one(world, NOON)
    told = {"class_run": world.class_run_id, "practice_session": first, "practice_sessions": {"practice_done": 1}}
    story.write_text(json.dumps(told))
    assert not renew(story=story, now=NOON)
    assert renew(story=story, now=LATER)
    after = json.loads(story.read_text())
    assert after["practice_session"] == after["practice_sessions"]["practice_running"] != first
    assert after["practice_sessions"]["practice_done"] == 1
