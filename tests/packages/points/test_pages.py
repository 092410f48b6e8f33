"""Registering a point, its device's cookie, and a visit from the learner's page to the supervisor's board."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lms.accounts.models import Person
from lms.points import api
from lms.points.models import LearningPoint, PointDevice, Visit
from tests.factories.classes import Cast, make_cast, make_learner
from tests.packages.points.test_visits import last4

pytestmark = pytest.mark.django_db


def signed_in(person_id: int) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(Person.objects.get(pk=person_id))
    return client


def registered(cast: Cast) -> tuple[Client, int]:
    """A browser that has become a device of a new point, and the point."""
    pc = signed_in(cast.base_staff_id)
    form = {"organisation": cast.base_id, "title": "二楼学习点", "place": "203 室", "supervisor": cast.base_staff_id}
    there = pc.post(reverse("points:register"), form)
    point_id = LearningPoint.objects.get().pk
    assert there["Location"] == reverse("points:point", args=[point_id])
    answer = pc.post(reverse("points:add_device", args=[point_id]), {"name": "1 号机"})
    assert answer["Location"] == reverse("points:here")
    return pc, point_id


def test_a_visit_from_the_pc_to_the_board_and_back() -> None:
    cast = make_cast(now=timezone.now())
    pc, point_id = registered(cast)
    learner = make_learner("李秀兰")
    pc.post(reverse("accounts:logout"))
    board = signed_in(cast.base_staff_id)

    unknown = pc.get(reverse("points:here")).content.decode()
    pc.force_login(Person.objects.get(pk=learner))
    pc.post(reverse("points:ask"))
    waits = pc.get(reverse("points:here")).content.decode()
    visit = Visit.objects.get()
    asked = board.get(reverse("points:point", args=[point_id])).content.decode()
    wrong = board.post(reverse("points:prove", args=[visit.pk, "in"]), {"last4": "zzzz"}, follow=True)
    board.post(reverse("points:prove", args=[visit.pk, "in"]), {"last4": last4(learner)})
    sits = pc.get(reverse("points:here")).content.decode()
    board.post(reverse("points:prove", args=[visit.pk, "seen"]))
    board.post(reverse("points:prove", args=[visit.pk, "out"]), {"last4": last4(learner)})
    after = board.get(reverse("points:point", args=[point_id])).content.decode()

    assert "Sign in with your own account" in unknown
    assert "Wait here for the supervisor" in waits
    assert "李秀兰" in asked
    assert "Look at the card again" in wrong.content.decode()
    assert "Checked in since" in sits
    assert "checked out" in after
    assert "李**" in after
    assert Visit.objects.get().end_reason == "checked_out"


def test_the_devices_key_lies_in_its_cookie_alone_and_a_revoked_one_opens_nothing() -> None:
    cast = make_cast(now=timezone.now())
    pc, point_id = registered(cast)
    cookie = pc.cookies["learning_point"]
    device = PointDevice.objects.get()

    assert cookie["httponly"]
    assert cookie.value not in str(PointDevice.objects.values())
    assert api.device_behind(key=cookie.value) is not None
    for forged in ("", "x" * 43, cookie.value[:-1], cookie.value + "a", "'; --"):
        assert api.device_behind(key=forged) is None
    pc.post(reverse("points:revoke", args=[device.pk]))
    assert api.device_behind(key=cookie.value) is None
    assert "no device of a learning point" in pc.get(reverse("points:here")).content.decode()
    pc.post(reverse("points:ask"))
    assert Visit.objects.count() == 0
    assert api.devices_of(point_id=point_id) == ()


def test_strangers_find_nothing_and_bad_forms_are_answered_in_words() -> None:
    cast = make_cast(now=timezone.now())
    _pc, point_id = registered(cast)
    visit = api.ask_in(device_id=PointDevice.objects.get().pk, learner_id=make_learner("张建国"), now=timezone.now())
    firm = signed_in(cast.hr_id)
    own = signed_in(cast.base_staff_id)

    for address in ("points:point", "points:add_device", "points:supervisors"):
        method = firm.get if address == "points:point" else firm.post
        assert method(reverse(address, args=[point_id])).status_code == 404
    assert firm.post(reverse("points:prove", args=[visit.visit_id, "in"]), {"last4": "1234"}).status_code == 404
    assert firm.post(reverse("points:register"), {"organisation": cast.base_id, "title": "x"}).status_code == 404
    assert own.post(reverse("points:prove", args=[visit.visit_id, "dance"])).status_code == 404
    empty = own.post(reverse("points:register"), {"organisation": cast.base_id, "title": " ", "place": "x"})
    assert empty.status_code == 400
    assert "Give the point a name" in empty.content.decode()
    script = {"organisation": cast.base_id, "title": "<script>", "place": "1", "supervisor": cast.base_staff_id}
    assert (
        "<script>" not in own.post(reverse("points:register"), script, follow=True).content.decode().split("<main")[1]
    )
    last = own.post(
        reverse("points:supervisors", args=[point_id]), {"act": "end", "person": cast.base_staff_id}, follow=True
    )
    assert "Name another one first" in last.content.decode()
