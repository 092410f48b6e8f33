"""A worker killed with -9 in the middle of packaging: another one publishes exactly one version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from lms.config.settings.environment import S3Place
from media import api, store
from media.models import MediaAsset, PackagingAttempt
from tests.packages.media.conftest import Trainer

_WORKER = """
import django
django.setup()
from django.utils import timezone
from media import api
api.package_next(clock=timezone.now)
"""


def _ffmpeg_of(worker: int) -> list[int]:
    """The living children of a process, from /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == worker and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def _wait(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_one_version_and_no_ffmpeg(
    trainer: Trainer, bucket: S3Place, clips: Callable[..., Path]
) -> None:
    waiting = api.ingest_file(
        path=clips(seconds=36, rate=12),
        title="触电急救",
        owner_id=trainer.person_id,
        organisation_id=trainer.organisation_id,
        now=timezone.now(),
    )
    worker = subprocess.Popen([sys.executable, "-c", _WORKER], env=os.environ.copy())
    rooms = settings.STATE_DIR / "packaging"
    _wait(lambda: list(rooms.glob("*/out/360p/*.m4s")))
    children = _ffmpeg_of(worker.pid)
    assert len(children) == 1

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    _wait(lambda: not Path(f"/proc/{children[0]}").exists(), 10)
    killed = MediaAsset.objects.get()
    assert (killed.state, killed.prefix, killed.duration_ms) == ("packaging", "", 0)
    lost = PackagingAttempt.objects.get()
    assert lost.outcome == "running"
    assert api.package_next(clock=timezone.now) is None  # its lease still runs
    left = lost.prefix + "360p/init.mp4"
    store.put_bytes(left, b"half", content_type="video/mp4")  # as if it had begun to store

    MediaAsset.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert api.package_next(clock=timezone.now) == waiting.media_id

    ready = MediaAsset.objects.get()
    assert (ready.state, ready.duration_ms, ready.attempts) == ("ready", 36_000, 2)
    assert list(PackagingAttempt.objects.order_by("pk").values_list("outcome", flat=True)) == ["lost", "published"]
    assert list(rooms.iterdir()) == []  # the dead worker's folder too
    later = timezone.now() + timedelta(minutes=5)
    assert api.sweep(clock=lambda: later) == 1
    assert all(key.startswith(ready.prefix) for key in store.list_keys("hls/"))
    assert len(list(store.list_keys(ready.prefix))) == 2 * 7 + 1
    assert api.package_next(clock=timezone.now) is None
