"""Who sat at a learning point when: checked in by card, one at a time, and never longer than somebody saw."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from lms.accounts.api import end_role, get_person
from lms.accounts.data import Role
from lms.accounts.models import AuditEvent
from lms.lib.localday import local_day
from lms.points import api
from lms.points.data import EndReason, NotYours, UnableAtPoint, VisitFacts
from lms.points.models import Visit, VisitProof
from tests.factories.classes import FILED_AT, Cast, make_cast, make_learner

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def make_point(cast: Cast, *names: str) -> tuple[int, list[int]]:
    point = api.register_point(
        organisation_id=cast.base_id, title="二楼学习点", place="203 室", supervisor_id=cast.base_staff_id,
        actor_id=cast.base_staff_id, now=FILED_AT,
    )  # fmt: skip
    devices = [
        api.register_device(point_id=point.point_id, name=name, actor_id=cast.base_staff_id, now=FILED_AT)
        for name in names or ("1 号机",)
    ]
    return point.point_id, [one.device.device_id for one in devices]


def last4(person_id: int) -> str:
    return get_person(person_id=person_id).masked_id[-4:]


def come(cast: Cast, device_id: int, learner_id: int, at: datetime = FILED_AT) -> VisitFacts:
    visit = api.ask_in(device_id=device_id, learner_id=learner_id, now=at)
    return api.check_in(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(learner_id), now=at)


def spans(learner_id: int, device_id: int) -> list[tuple[int, int]]:
    """Supervised minutes after FILED_AT."""
    found = api.supervised_spans(
        learner_id=learner_id, device_id=device_id, from_at=FILED_AT, to_at=FILED_AT + timedelta(days=1)
    )
    return [(int((a - FILED_AT) / MINUTE), int((b - FILED_AT) / MINUTE)) for a, b in found]


def test_from_check_in_to_check_out_counts_and_each_look_is_a_proof(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = come(cast, device, learner)

    api.confirm_there(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, now=FILED_AT + 50 * MINUTE)
    out = api.check_out(
        visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(learner), now=FILED_AT + 100 * MINUTE
    )

    assert spans(learner, device) == [(0, 100)]
    assert (out.end_reason, out.ended_at) == (EndReason.CHECKED_OUT, FILED_AT + 100 * MINUTE)
    assert list(VisitProof.objects.order_by("id").values_list("kind", flat=True)) == ["in", "seen", "out"]
    actions = AuditEvent.objects.filter(object_id=str(learner), action__startswith="point_")
    assert [row.action for row in actions.order_by("id")] == ["point_check_in", "point_check_out"]


def test_the_card_decides_and_five_wrong_ones_end_the_wish(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = api.ask_in(device_id=device, learner_id=learner, now=FILED_AT)

    for wrong in ("", "0000", "' OR", "<b>1", "\u0000\u0000\u0000\u0000"):
        with pytest.raises(UnableAtPoint, match="card"):
            api.check_in(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=wrong, now=FILED_AT)

    with pytest.raises(UnableAtPoint, match="over"):
        api.check_in(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(learner), now=FILED_AT)
    assert Visit.objects.get().end_reason == EndReason.NOT_CHECKED_IN
    assert spans(learner, device) == []


def test_a_forgotten_check_out_ends_by_rule_and_the_rest_does_not_count(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = come(cast, device, learner)
    api.confirm_there(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, now=FILED_AT + 40 * MINUTE)

    in_time = api.end_forgotten(now=FILED_AT + 100 * MINUTE)
    supervised = api.supervisor_at(learner, FILED_AT + 100 * MINUTE)
    late = api.end_forgotten(now=FILED_AT + 101 * MINUTE)

    assert (in_time, supervised, late) == (0, cast.base_staff_id, 1)
    assert Visit.objects.get().end_reason == EndReason.FORGOTTEN
    assert spans(learner, device) == [(0, 40)]
    assert api.supervisor_at(learner, FILED_AT + 101 * MINUTE) is None


def test_no_late_look_joins_what_nobody_saw_even_where_no_sweep_has_run(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = come(cast, device, learner)

    with pytest.raises(UnableAtPoint, match="over"):
        api.confirm_there(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, now=FILED_AT + 61 * MINUTE)
    with pytest.raises(UnableAtPoint, match="over"):
        api.check_out(
            visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(learner),
            now=FILED_AT + 62 * MINUTE,
        )  # fmt: skip

    assert Visit.objects.get().end_reason == EndReason.FORGOTTEN
    assert spans(learner, device) == []
    again = come(cast, device, learner, FILED_AT + 70 * MINUTE)
    assert again.visit_id != visit.visit_id


def test_one_person_at_a_device_and_one_device_per_person(cast: Cast) -> None:
    _point, (one, two) = make_point(cast, "1 号机", "2 号机")
    first, second = make_learner("李秀兰"), make_learner("张建国")
    come(cast, one, first)

    with pytest.raises(UnableAtPoint, match="device_taken"):
        api.ask_in(device_id=one, learner_id=second, now=FILED_AT + MINUTE)
    with pytest.raises(UnableAtPoint, match="elsewhere"):
        api.ask_in(device_id=two, learner_id=first, now=FILED_AT + MINUTE)
    api.leave(learner_id=first, now=FILED_AT + 5 * MINUTE)
    come(cast, one, second, FILED_AT + 6 * MINUTE)

    assert spans(first, one) == []
    assert Visit.objects.filter(ended_at=None).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(device_id=one, learner_id=first, asked_at=FILED_AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Visit.objects.create(device_id=two, learner_id=second, asked_at=FILED_AT)


def test_a_wish_that_nobody_answers_frees_the_device_after_a_quarter_of_an_hour(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    first, second = make_learner("李秀兰"), make_learner("张建国")
    visit = api.ask_in(device_id=device, learner_id=first, now=FILED_AT)

    waiting = api.ask_in(device_id=device, learner_id=second, now=FILED_AT + 16 * MINUTE)

    assert waiting.learner_id == second
    with pytest.raises(UnableAtPoint, match="over"):
        api.check_in(
            visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(first), now=FILED_AT + 16 * MINUTE
        )


def test_only_a_named_supervisor_with_a_role_there_and_never_of_oneself(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = api.ask_in(device_id=device, learner_id=learner, now=FILED_AT)

    for stranger in (cast.trainer_id, cast.hr_id, cast.officer_id, cast.stranger_id, learner):
        with pytest.raises(NotYours):
            api.check_in(visit_id=visit.visit_id, supervisor_id=stranger, last4=last4(learner), now=FILED_AT)
    end_role(
        person_id=cast.base_staff_id, organisation_id=cast.base_id, role=Role.BASE_STAFF,
        to_on=local_day(FILED_AT), actor_id=None, now=FILED_AT,
    )  # fmt: skip
    with pytest.raises(NotYours):
        api.check_in(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4=last4(learner), now=FILED_AT)

    assert Visit.objects.get().in_at is None
    with pytest.raises(DatabaseError, match="visit_nobody_supervises_himself"), transaction.atomic():
        Visit.objects.update(in_at=FILED_AT, last_proof_at=FILED_AT, supervisor_id=learner)


def test_checking_in_twice_changes_nothing_and_spans_are_cut_to_what_is_asked(cast: Cast) -> None:
    _point, (device,) = make_point(cast)
    learner = make_learner("李秀兰")
    visit = come(cast, device, learner)

    again = api.check_in(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, last4="0000", now=FILED_AT + MINUTE)
    api.confirm_there(visit_id=visit.visit_id, supervisor_id=cast.base_staff_id, now=FILED_AT + 30 * MINUTE)
    cut = api.supervised_spans(
        learner_id=learner, device_id=device, from_at=FILED_AT + 10 * MINUTE, to_at=FILED_AT + 20 * MINUTE
    )

    assert again.in_at == FILED_AT
    assert cut == ((FILED_AT + 10 * MINUTE, FILED_AT + 20 * MINUTE),)
    assert api.supervised_spans(
        learner_id=learner, device_id=device + 1, from_at=FILED_AT, to_at=FILED_AT + 20 * MINUTE
    ) == ()  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_six_people_at_once_at_one_device_and_one_gets_it() -> None:
    cast = make_cast()
    _point, (device,) = make_point(cast)
    learners = [make_learner(name) for name in ("李秀兰", "张建国", "王芳", "赵鹏", "何静", "钱进")]
    got: list[int] = []
    refused: list[str] = []

    def ask(learner_id: int) -> None:
        try:
            got.append(api.ask_in(device_id=device, learner_id=learner_id, now=FILED_AT).learner_id)
        except UnableAtPoint as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(learner,)) for learner in learners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 1
    assert refused == ["device_taken"] * 5
    assert Visit.objects.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_person_at_two_devices_at_once_and_gets_one() -> None:
    cast = make_cast()
    _point, devices = make_point(cast, "1 号机", "2 号机", "3 号机")
    learner = make_learner("李秀兰")
    refused: list[str] = []

    def ask(device_id: int) -> None:
        try:
            api.ask_in(device_id=device_id, learner_id=learner, now=FILED_AT)
        except UnableAtPoint as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == ["elsewhere", "elsewhere"]
    assert Visit.objects.filter(ended_at=None).count() == 1
