from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lms.archive import api
from lms.archive.models import ClassExport
from lms.config.settings.environment import S3Place
from media import store
from tests.engines import ROOT
from tests.factories.archive import DAY, Hall, make_hall
from tests.factories.classes import PASSWORD, at

pytestmark = pytest.mark.django_db(transaction=True)
NOW = at(DAY + timedelta(days=3))


@pytest.fixture
def hall(storage: S3Place) -> Iterator[Hall]:
    yield make_hall()
    for key in list(store.list_keys("archives/")):
        store.delete_key(key)


def seat(name: str) -> Client:
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def test_the_page_shows_the_way_of_an_export(hall: Hall) -> None:
    officer = seat("test-officer")
    page = reverse("archive:class", args=[hall.run.class_run_id])
    assert "本班级还没有生成过档案" in officer.get(page).content.decode()

    refused = officer.post(page, {"purpose": " "}, follow=True).content.decode()
    assert "请说明档案的用途" in refused
    asked = officer.post(page, {"purpose": "审计抽查"}, follow=True).content.decode()
    assert "等待生成" in asked
    assert "用途：审计抽查" in asked
    assert officer.post(page, {"purpose": "再来一次"}).status_code == 302
    assert ClassExport.objects.count() == 1

    ClassExport.objects.update(
        state="building", progress=40, lease_token="6c1f7d2e-0000-4000-8000-000000000000", lease_until=NOW
    )
    part = officer.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'value="40"' in part
    assert "data-poll-done" not in part
    ClassExport.objects.update(state="queued", lease_token=None, lease_until=None, due_at=NOW)
    assert api.build_next(clock=lambda: NOW)
    part = officer.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "已生成 ·" in part
    assert "data-poll-done" in part

    export = ClassExport.objects.get()
    door = reverse("archive:download", args=[hall.run.class_run_id, export.pk])
    assert officer.get(door).status_code == 405
    assert "请说明档案的用途" in officer.post(door, {"purpose": ""}, follow=True).content.decode()
    link = officer.post(door, {"purpose": "审计抽查"})
    assert link.headers["Cache-Control"] == "private, no-store"
    assert f"{export.key}?" in link.content.decode()


def test_the_class_page_leads_there(hall: Hall) -> None:
    address = f"/classes/{hall.run.class_run_id}/"
    link = f'href="/archive/classes/{hall.run.class_run_id}/"'
    assert link in seat("test-officer").get(address).content.decode()
    assert link in seat("test-provider_admin").get(address).content.decode()
    assert link not in seat("test-trainer").get(address).content.decode()


def test_everybody_gets_the_keys_and_the_verifier() -> None:
    keys = Client().get(reverse("archive:keys")).content.decode()
    assert keys.count("-----BEGIN PUBLIC KEY-----\n") == 1
    verifier = Client().get(reverse("archive:verifier"))
    stored = (ROOT / "docs" / "verifier" / "verify_archive.py").read_bytes()
    assert b"".join(verifier.streaming_content) == stored  # type: ignore[attr-defined]
