from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lms.enrolment.api import enrol, roster_of
from lms.lib.localday import local_day
from lms.practice.api import attendance_of, current_code, get_session
from lms.practice.data import AttendanceState, CodeKind
from lms.practice.models import PracticeSession
from tests.factories.classes import PRACTICE_UNIT, at, make_account, make_cast, make_filed_class
from tests.factories.practice import Ground, code_at, come, make_session

pytestmark = pytest.mark.django_db
PAGES = ("practice:session", "practice:board", "practice:board_part")


@pytest.fixture
def ground() -> Ground:
    """A session that is running right now, with one learner who can sign in to the site."""
    now = timezone.now()
    today = local_day(now)
    filed = at(today - timedelta(days=3))
    cast = make_cast(now=filed)
    run, _learners = make_filed_class(
        cast,
        names=("李秀兰",),
        now=filed,
        starts_on=today - timedelta(days=1),
        ends_on=today + timedelta(days=30),
        agreement_on=today - timedelta(days=10),
    )
    session = make_session(
        cast, run, starts_at=now - timedelta(minutes=30), ends_at=now + timedelta(hours=2), now=now - timedelta(hours=1)
    )
    person = make_account("test-learner", "赵鹏", now=filed)
    enrol(
        class_run_id=run.class_run_id,
        person_id=person,
        employer_id=cast.employer_id,
        actor_id=cast.hr_id,
        now=now,
    )
    learners = roster_of(class_run_id=run.class_run_id)
    return Ground(cast=cast, run=run, learners=learners, session=session)


def signed_in(person_id: int) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    return client


def test_a_learner_scans_confirms_and_is_signed_in(ground: Ground) -> None:
    me = ground.learners[1]
    client = signed_in(me.learner_id)
    code = code_at(ground.session.session_id, CodeKind.IN, timezone.now())

    shown = client.get(reverse("practice:scan"), {"c": code})
    nobody_yet = attendance_of(session_id=ground.session.session_id, now=timezone.now())[1]
    done = client.post(reverse("practice:scan"), {"ticket": shown.context["ticket"].ticket}, follow=True)

    assert shown.status_code == 200
    assert nobody_yet.in_at is None
    assert done.redirect_chain == [(reverse("practice:session", args=[ground.session.session_id]), 302)]
    now_here = attendance_of(session_id=ground.session.session_id, now=timezone.now())[1]
    assert now_here.state is AttendanceState.PRESENT


@pytest.mark.parametrize(
    ("kind", "words"),
    [(CodeKind.IN, "您已经签到，以第一次为准。"), (CodeKind.OUT, "您已经签退，以第一次为准。")],
)
def test_a_code_scanned_twice_says_that_the_first_time_stands(ground: Ground, kind: CodeKind, words: str) -> None:
    me = ground.learners[1].learner_id
    client = signed_in(me)
    if kind is CodeKind.OUT:
        come(ground.session.session_id, me, timezone.now() - timedelta(minutes=20))
    code = code_at(ground.session.session_id, kind, timezone.now())
    ticket = {"ticket": client.get(reverse("practice:scan"), {"c": code}).context["ticket"].ticket}

    first = client.post(reverse("practice:scan"), ticket, follow=True).content.decode()
    kept = attendance_of(session_id=ground.session.session_id, now=timezone.now())[1]
    second = client.post(reverse("practice:scan"), ticket, follow=True).content.decode()

    assert words not in first
    assert words in second
    again = attendance_of(session_id=ground.session.session_id, now=timezone.now())[1]
    assert (again.in_at, again.out_at) == (kept.in_at, kept.out_at)
    assert (kept.out_at is not None) is (kind is CodeKind.OUT)


@pytest.mark.parametrize("age", [31, 600])
def test_an_expired_code_tells_the_learner_in_chinese_what_to_do(ground: Ground, age: int) -> None:
    me = ground.learners[1].learner_id
    client = signed_in(me)
    code = code_at(ground.session.session_id, CodeKind.IN, timezone.now() - timedelta(seconds=age))

    shown = client.get(reverse("practice:scan"), {"c": code})
    posted = client.post(reverse("practice:scan"), {"code": code})

    for answer in (shown, posted):
        assert answer.status_code == 400
        assert "过期" in answer.content.decode()
        assert "请扫描屏幕上现在显示的二维码。" in answer.content.decode()
    assert attendance_of(session_id=ground.session.session_id, now=timezone.now())[1].in_at is None


@pytest.mark.parametrize("age", [31, 600])
def test_an_expired_code_is_refused_in_words(ground: Ground, age: int) -> None:
    client = signed_in(ground.learners[1].learner_id)
    code = code_at(ground.session.session_id, CodeKind.IN, timezone.now() - timedelta(seconds=age))

    answer = client.get(reverse("practice:scan"), {"c": code}, headers={"accept-language": "en"})

    assert answer.status_code == 400
    assert "too old" in answer.content.decode()
    assert "scan-refused" in answer.content.decode()


@pytest.mark.parametrize("code", ["x", "1.in.1." + "0" * 32, "<script>", "\u0000"])
def test_nonsense_in_the_address_is_refused_without_an_error(ground: Ground, code: str) -> None:
    client = signed_in(ground.learners[1].learner_id)

    assert client.get(reverse("practice:scan"), {"c": code}).status_code == 400
    assert client.post(reverse("practice:scan"), {"ticket": code}).status_code == 400
    assert client.post(reverse("practice:scan"), {"code": code}).status_code == 400
    assert client.post(reverse("practice:scan"), {}).status_code == 400


def test_a_stranger_with_a_fresh_code_learns_that_it_is_another_class(ground: Ground) -> None:
    client = signed_in(ground.cast.stranger_id)
    code = code_at(ground.session.session_id, CodeKind.IN, timezone.now())

    answer = client.get(reverse("practice:scan"), {"c": code}, headers={"accept-language": "en"})

    assert answer.status_code == 400
    assert "another class" in answer.content.decode()


def test_somebody_not_signed_in_is_sent_to_the_login_and_back(ground: Ground) -> None:
    code = code_at(ground.session.session_id, CodeKind.IN, timezone.now())

    answer = Client().get(reverse("practice:scan"), {"c": code})

    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query)["next"] == [f"/practice/scan/?c={code}"]


def test_the_board_shows_a_code_that_works_and_refreshes_itself(ground: Ground) -> None:
    staff = signed_in(ground.cast.base_staff_id)
    learner = signed_in(ground.learners[1].learner_id)

    page = staff.get(reverse("practice:board", args=[ground.session.session_id]))
    part = staff.get(reverse("practice:board_part", args=[ground.session.session_id]), {"kind": "out"})
    shown = learner.get(reverse("practice:scan"), {"c": page.context["code"].code})

    assert page.status_code == part.status_code == shown.status_code == 200
    assert page["Cache-Control"].startswith("max-age=0")
    assert (page.context["code"].kind, part.context["code"].kind) == (CodeKind.IN, CodeKind.OUT)
    assert b"<svg" in part.content
    assert b"<html" not in part.content
    assert "赵鹏" in page.content.decode()


def test_the_board_asks_few_questions_however_many_people_there_are(
    ground: Ground, django_assert_max_num_queries: Any
) -> None:
    staff = signed_in(ground.cast.base_staff_id)
    address = reverse("practice:board_part", args=[ground.session.session_id])
    staff.get(address)

    with django_assert_max_num_queries(45):
        staff.get(address)


def test_who_may_see_what(ground: Ground) -> None:
    cast = ground.cast
    expected = {
        cast.base_staff_id: (200, 200, 200),
        cast.trainer_id: (200, 200, 200),
        cast.provider_admin_id: (200, 404, 404),
        cast.officer_id: (200, 404, 404),
        ground.learners[1].learner_id: (200, 404, 404),
        cast.hr_id: (404, 404, 404),
        cast.other_hr_id: (404, 404, 404),
        cast.assessor_id: (404, 404, 404),
        cast.stranger_id: (404, 404, 404),
    }

    found = {
        person: tuple(
            signed_in(person).get(reverse(page, args=[ground.session.session_id])).status_code for page in PAGES
        )
        for person in expected
    }

    assert found == expected


@pytest.mark.parametrize("page", [*PAGES])
def test_an_unknown_session_is_not_there(ground: Ground, page: str) -> None:
    assert signed_in(ground.cast.trainer_id).get(reverse(page, args=[10**9])).status_code == 404


def test_the_trainer_signs_off_on_the_page_and_the_sign_out_then_counts(ground: Ground) -> None:
    me = ground.learners[1]
    learner, trainer = signed_in(me.learner_id), signed_in(ground.cast.trainer_id)
    session = ground.session.session_id
    learner.post(reverse("practice:scan"), {"code": code_at(session, CodeKind.IN, timezone.now())})

    before = trainer.get(reverse("practice:session", args=[session]))
    trainer.post(
        reverse("practice:sign_off", args=[session]), {"enrolment": [str(me.enrolment_id)], "note": "接线规范"}
    )
    PracticeSession.objects.filter(pk=session).update(ends_at=timezone.now() + timedelta(minutes=5))
    learner.post(reverse("practice:scan"), {"code": code_at(session, CodeKind.OUT, timezone.now())})

    assert before.context["may_sign_off"] is True
    facts = attendance_of(session_id=session, now=timezone.now())[1]
    assert facts.state is AttendanceState.COUNTED


@pytest.mark.parametrize("action", ["practice:confirm", "practice:sign_off", "practice:propose", "practice:cancel"])
def test_forged_posts_answer_404_or_a_refusal_but_never_an_error(ground: Ground, action: str) -> None:
    address = reverse(action, args=[ground.session.session_id])
    forged = {"enrolment": "10000000", "kind": "in", "out": "11:00", "reason": "x", "verdict": "approve"}

    for person in (ground.cast.hr_id, ground.cast.officer_id, ground.learners[1].learner_id, ground.cast.stranger_id):
        assert signed_in(person).post(address, forged).status_code == 404
    assert signed_in(ground.cast.trainer_id).post(address, {}).status_code in {302, 404}
    assert get_session(session_id=ground.session.session_id) == ground.session
    assert signed_in(ground.cast.trainer_id).post(address, forged).status_code in {302, 404}


def test_digits_typed_on_the_page_wait_for_the_staff(ground: Ground) -> None:
    me = ground.learners[1]
    session = ground.session.session_id
    digits = current_code(session_id=session, kind=CodeKind.IN, now=timezone.now()).digits

    signed_in(me.learner_id).post(reverse("practice:scan"), {"code": f"{digits[:3]} {digits[3:]}"})
    waiting = attendance_of(session_id=session, now=timezone.now())[1].state
    signed_in(ground.cast.base_staff_id).post(
        reverse("practice:confirm", args=[session]), {"enrolment": str(me.enrolment_id), "kind": "in"}
    )

    assert waiting is AttendanceState.TO_CONFIRM
    assert attendance_of(session_id=session, now=timezone.now())[1].state is AttendanceState.PRESENT


def test_guessing_digits_is_slowed_down(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("django_ratelimit.core.time", SimpleNamespace(time=lambda: now))  # no minute ends meanwhile
    client = signed_in(ground.learners[1].learner_id)

    answers = [client.post(reverse("practice:scan"), {"code": f"{n:06d}"}).status_code for n in range(25)]

    assert answers[:15] == [400] * 15
    assert answers[-1] == 429


def test_a_session_is_put_into_the_timetable_on_the_page(ground: Ground) -> None:
    provider = signed_in(ground.cast.provider_admin_id)
    address = reverse("practice:schedule", args=[ground.run.class_run_id])
    day = local_day(timezone.now()) + timedelta(days=2)
    values = {
        "unit_key": PRACTICE_UNIT,
        "trainer_id": str(ground.cast.trainer_id),
        "day": day.isoformat(),
        "starts": "09:00",
        "ends": "12:00",
        "break_from": "10:30",
        "break_to": "10:45",
        "place": "2 号车间",
    }

    backwards = provider.post(address, {**values, "ends": "08:00"})
    half_break = provider.post(address, {**values, "break_to": ""})
    foreign = provider.post(address, {**values, "trainer_id": str(ground.cast.assessor_id)})
    done = provider.post(address, values)

    assert (backwards.status_code, half_break.status_code, foreign.status_code, done.status_code) == (
        400,
        400,
        400,
        302,
    )
    assert PracticeSession.objects.count() == 2
    for person in (ground.cast.hr_id, ground.cast.other_hr_id, ground.cast.officer_id, ground.cast.base_staff_id):
        expected = 200 if person == ground.cast.hr_id else 404
        assert signed_in(person).get(address).status_code == expected


def test_everybody_has_an_overview(ground: Ground) -> None:
    for person in (ground.cast.base_staff_id, ground.cast.trainer_id, ground.cast.provider_admin_id):
        page = signed_in(person).get(reverse("practice:overview"))
        assert ground.session.title in page.content.decode()
    mine = signed_in(ground.learners[1].learner_id).get(reverse("practice:overview"))
    nothing = signed_in(ground.cast.stranger_id).get(reverse("practice:overview"))
    bad_day = signed_in(ground.cast.trainer_id).get(reverse("practice:overview"), {"day": "32-13-99"})

    assert ground.session.title in mine.content.decode()
    assert nothing.status_code == bad_day.status_code == 200
    assert Client().get(reverse("practice:overview")).status_code == 302
