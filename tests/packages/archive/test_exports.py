"""Asking for an archive, making it, handing it out: once, whole, and only to those whom the class concerns."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connections
from django.db.models.functions import Now
from django.utils import timezone

from lms.accounts.models import AuditEvent
from lms.archive import api, building
from lms.archive.data import ExportState, UnableToArchive
from lms.archive.models import ClassExport
from lms.config.settings.environment import S3Place
from lms.enrolment.data import ClassRunFacts, NotYours
from media import files, store
from tests.children import child
from tests.factories.archive import DAY, Hall, make_hall, watch
from tests.factories.classes import at, make_class_run
from tests.packages.archive.worker import POINTS

pytestmark = pytest.mark.django_db(transaction=True)
NOW = at(DAY + timedelta(days=3))


@pytest.fixture
def hall(storage: S3Place) -> Iterator[Hall]:
    hall = make_hall()
    watch(hall.honest, next(iter(_units(hall.run))), hour=9, seconds=60)
    yield hall
    for key in list(store.list_keys("archives/")):
        store.delete_key(key)


def _units(run: ClassRunFacts) -> list[str]:
    from courses.api import get_curriculum

    return [unit.unit_key for unit in get_curriculum(curriculum_id=run.curriculum_id).units]


def ask(hall: Hall, **changes: Any) -> Any:
    asked = {
        "class_run_id": hall.run.class_run_id, "person_id": hall.cast.officer_id, "purpose": "审计抽查", "now": NOW,
    }  # fmt: skip
    return api.request_export(**{**asked, **changes})


def make_ready() -> ClassExport:
    assert api.build_next(clock=lambda: NOW)
    return ClassExport.objects.get()


def whole(row: ClassExport) -> zipfile.ZipFile:
    """The stored file, if it is what the row says and opens without a fault."""
    content = store.get_bytes(row.key)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (row.size, row.sha256)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def stored() -> list[str]:
    assert store.open_uploads("archives/") == ()
    return list(store.list_keys("archives/"))


def audited(action: str) -> list[tuple[int | None, str, str]]:
    return list(AuditEvent.objects.filter(action=action).values_list("actor_id", "object_id", "purpose"))


def test_an_officer_asks_gets_and_downloads(hall: Hall) -> None:
    export = ask(hall)
    assert (export.state, export.progress, export.under_way) == (ExportState.QUEUED, 0, True)
    row = make_ready()
    names = whole(row).namelist()
    assert names[-2:] == ["manifest.json", "manifest.sig.json"]
    assert len(names) == 7 + 9 * 4
    (ready,) = api.exports_of(class_run_id=hall.run.class_run_id)
    assert (ready.state, ready.progress, ready.size, ready.ready_at) == (ExportState.READY, 100, row.size, NOW)

    handed, url = api.sign_download(
        run=hall.run, export_id=row.pk, person_id=hall.cast.provider_admin_id, purpose="归档", now=NOW
    )
    answer = requests.get(url, timeout=30)
    assert hashlib.sha256(answer.content).hexdigest() == handed.sha256
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{hall.run.number}-{row.pk}.zip"'
    run_id = str(hall.run.class_run_id)
    assert audited("request_class_archive") == [(hall.cast.officer_id, run_id, "审计抽查")]
    assert audited("class_archive_made") == [(hall.cast.officer_id, run_id, "审计抽查")]
    assert audited("download_class_archive") == [(hall.cast.provider_admin_id, run_id, "归档")]
    assert api.build_next(clock=lambda: NOW) is False


def test_a_large_file_travels_in_parts(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory never holds more than one part: here of 5 MiB, the least that a store takes."""
    monkeypatch.setattr(files, "PART_BYTES", 5 << 20)
    block = hashlib.shake_256(b"beats").digest(1 << 20)
    with files.parted_file(key="archives/0/large.zip", content_type="application/zip") as file:
        for _ in range(12):
            file.write(block)
            assert len(file._waiting) < 5 << 20
    assert (file.size, file.sha256) == (12 << 20, hashlib.sha256(block * 12).hexdigest())
    assert hashlib.sha256(store.get_bytes("archives/0/large.zip")).hexdigest() == file.sha256
    assert stored() == ["archives/0/large.zip"]


def write_half() -> None:
    with files.parted_file(key="archives/0/half.zip", content_type="application/zip") as file:
        file.write(b"half")
        raise ValueError("half")


def test_an_error_in_the_middle_leaves_no_file(hall: Hall) -> None:
    with pytest.raises(ValueError, match="half"):
        write_half()
    assert stored() == []


def test_refusals_name_the_rule_and_change_nothing(hall: Hall) -> None:
    draft = make_class_run(hall.cast, title="草稿班", now=NOW - timedelta(days=9))
    with pytest.raises(UnableToArchive, match="备案") as refused:
        ask(hall, class_run_id=draft.class_run_id, person_id=hall.cast.provider_admin_id)
    assert refused.value.code == "not_filed"
    with pytest.raises(UnableToArchive, match="用途"):
        ask(hall, purpose="  ")
    for person in (hall.cast.trainer_id, hall.cast.hr_id, hall.cast.stranger_id, hall.honest.learner_id):
        with pytest.raises(NotYours):
            ask(hall, person_id=person)
    with pytest.raises(NotYours):
        ask(hall, class_run_id=987_654)
    assert ClassExport.objects.count() == 0
    assert audited("request_class_archive") == []


def test_an_export_of_another_class_is_not_handed_out(hall: Hall) -> None:
    ask(hall)
    row = make_ready()
    with pytest.raises(NotYours):
        api.sign_download(run=hall.other, export_id=row.pk, person_id=hall.cast.officer_id, purpose="审计", now=NOW)
    assert audited("download_class_archive") == []


def race(count: int, work: Callable[[], object]) -> list[object]:
    """What `count` threads got that did the same at once."""
    start, got = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait()
            got.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return got


def test_asking_at_once_is_one_export(hall: Hall) -> None:
    got = race(8, lambda: ask(hall).export_id)
    assert len(got) == 8
    assert set(got) == {ClassExport.objects.get().pk}
    assert len(audited("request_class_archive")) == 1


def test_workers_at_once_make_one_archive(hall: Hall) -> None:
    ask(hall)
    got = race(4, lambda: api.build_next(clock=lambda: NOW))
    assert sorted(got) == [False, False, False, True]  # type: ignore[type-var]
    row = ClassExport.objects.get()
    assert (row.state, row.attempts) == ("ready", 1)
    assert stored() == [row.key]
    whole(row)


def test_a_worker_that_was_overtaken_spoils_nothing(hall: Hall) -> None:
    """The first worker stood still for longer than its lease, wherever it was: the second one's file stays."""
    ask(hall)
    slow = building.take_next(clock=lambda: NOW)
    assert slow is not None
    ClassExport.objects.update(lease_until=Now() - timedelta(seconds=1))
    row = make_ready()
    assert building.build(slow, clock=lambda: NOW) is ExportState.BUILDING
    again = ClassExport.objects.get()
    assert (again.key, again.sha256, again.attempts) == (row.key, row.sha256, 2)
    assert stored() == [row.key]
    whole(again)


def test_an_overtaken_worker_that_has_stored_its_file_does_not_publish_it(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(hall)
    slow = building.take_next(clock=lambda: NOW)
    publish = building.publish
    assert slow is not None

    def overtaken(*words: Any, **more: Any) -> None:
        monkeypatch.setattr(building, "publish", publish)
        ClassExport.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert api.build_next(clock=lambda: NOW)
        publish(*words, **more)

    monkeypatch.setattr(building, "publish", overtaken)
    assert building.build(slow, clock=lambda: NOW) is ExportState.BUILDING
    row = ClassExport.objects.get()
    assert (row.state, row.attempts) == ("ready", 2)
    assert stored() == [row.key]
    whole(row)


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_leaves_no_half_archive(hall: Hall, point: str) -> None:
    ask(hall, now=timezone.now())
    with child("tests.packages.archive.worker", point) as worker:
        assert worker.told.readline() == "there\n"
    killed = ClassExport.objects.get()
    assert (killed.state, killed.key, killed.size) == ("building", "", 0)
    assert api.build_next(clock=timezone.now) is False  # its lease still runs
    ClassExport.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert api.build_next(clock=timezone.now)
    row = ClassExport.objects.get()
    assert (row.state, row.attempts) == ("ready", 2)
    assert stored() == [row.key]
    assert len(whole(row).namelist()) == 7 + 9 * 4


def test_hopeless_exports_are_given_up_and_may_be_asked_for_again(hall: Hall) -> None:
    first = ask(hall)
    ClassExport.objects.update(attempts=building.MOST_ATTEMPTS)
    assert api.build_next(clock=lambda: NOW) is False
    assert ClassExport.objects.get().state == "failed"
    second = ask(hall)
    assert second.export_id != first.export_id
    assert api.build_next(clock=lambda: NOW)
    assert [one.state for one in api.exports_of(class_run_id=hall.run.class_run_id)] == ["ready", "failed"]
