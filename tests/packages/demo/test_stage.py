"""The demo's class runs: the firm can still add people, a worker can join alone, one class asks for presence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lms.accounts.api import ensure_person
from lms.demo import stage
from lms.demo.cast import LEARNERS
from lms.demo.sample_roster import sample_roster
from lms.enrolment import api as enrolment
from lms.enrolment.data import RowVerdict
from lms.hours.api import limits_for
from lms.lib.localday import local_day
from tests.packages.demo.conftest import NOON, World


@pytest.mark.parametrize("days_later", [0, 1, 2])
def test_the_personnel_officer_may_still_add_people(world: World, days_later: int) -> None:
    now = NOON + timedelta(days=days_later)
    hr, firm = world.cast.people["hr"], world.cast.firms["employer"]
    person = ensure_person(
        name="赵敏", id_number="310105199004124029", mobile="13800010011", actor_id=hr, now=now
    ).person_id
    facts = enrolment.enrol(class_run_id=world.class_run_id, person_id=person, employer_id=firm, actor_id=hr, now=now)
    assert facts.on_roster
    assert len(enrolment.roster_of(class_run_id=world.class_run_id)) == len(LEARNERS) + 1


def test_the_class_stays_open_for_weeks_and_is_filed_before_it_starts(world: World) -> None:
    run = enrolment.get_class_run(class_run_id=world.class_run_id)
    assert run.filed_on == run.starts_on - timedelta(days=1)
    assert run.ends_on == local_day(NOON) + timedelta(days=stage.ENDS_IN_DAYS)


def test_a_worker_joins_the_open_class_alone(world: World) -> None:
    run = enrolment.get_class_run(class_run_id=world.open_class_run_id)
    assert enrolment.open_class_runs(course_id=run.course_id, day=local_day(NOON)) == (run,)
    worker = ensure_person(
        name="冯雪莲",
        id_number="310151199108143441",
        mobile="13800010018",
        actor_id=world.cast.people["desk"],
        now=NOON,
    ).person_id
    facts = enrolment.enrol_self(class_run_id=run.class_run_id, person_id=worker, now=NOON)
    assert (facts.payer_kind, facts.payer_id, facts.programme_code) == ("person", worker, "IND-SKILL")


def test_setting_the_stage_again_changes_nothing(world: World) -> None:
    again = stage.file_class(
        cast=world.cast, curriculum=stage.publish_course(cast=world.cast, now=NOON), now=NOON + timedelta(days=3)
    )
    assert again == world.class_run_id
    assert len(enrolment.all_class_runs()) == 3


def test_one_class_meets_presence_checks_and_the_golden_path_does_not(world: World) -> None:
    checked = enrolment.get_class_run(class_run_id=world.checked_class_run_id)
    golden = enrolment.get_class_run(class_run_id=world.class_run_id)
    assert limits_for(pack=checked.hour_pack, category=checked.category).presence_checks
    assert not limits_for(pack=golden.hour_pack, category=golden.category).presence_checks
    [place] = enrolment.roster_of(class_run_id=world.checked_class_run_id)
    assert place.learner_id == world.cast.people["learner_f"]
    assert checked.filed_on


def test_the_sample_list_shows_every_usual_mistake_once(world: World) -> None:
    kept = enrolment.preview_roster(
        class_run_id=world.class_run_id, employer_id=world.cast.firms["employer"], actor_id=world.cast.people["hr"],
        file=sample_roster(), file_name="list.xlsx", now=NOON,
    )  # fmt: skip
    found = [(row.name, row.verdict, [(fault.field, fault.code) for fault in row.faults]) for row in kept.rows]
    assert found == [
        ("赵敏", RowVerdict.FIXED, []),
        ("钱文静", RowVerdict.FIXED, []),
        ("孙丽娟", RowVerdict.FAULTY, [("id_number", "accounts.check_digit")]),
        ("", RowVerdict.FAULTY, [("name", "accounts.empty")]),
        ("钱文静", RowVerdict.DUPLICATE, [("id_number", "duplicate_of")]),
        ("吴建国", RowVerdict.FAULTY, [("mobile", "accounts.mobile")]),
        ("郑晓梅", RowVerdict.FAULTY, [("id_number", "number_rounded")]),
        ("王桂芳", RowVerdict.ENROLLED, [("id_number", "already_enrolled")]),
        ("冯雪莲", RowVerdict.READY, []),
    ]


def test_the_sample_list_is_there_in_the_demo_only(db: None, client: Client, settings: object) -> None:
    address = reverse("demo:roster_file")
    settings.DEMO = False  # type: ignore[attr-defined]
    assert client.get(address).status_code == 404
    settings.DEMO = True  # type: ignore[attr-defined]
    assert client.get(address).content[:2] == b"PK"
