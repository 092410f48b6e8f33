from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import imageio_ffmpeg
import pytest
from django.test import Client
from django.utils import timezone

from lms.accounts import api as accounts
from lms.accounts.data import OrganisationKind, Role
from lms.config.settings.environment import S3Place
from media import store

SCHOOL = "52310101MJ90000149"
FIRM = "91310115MAE0A0015G"
_numbers = count(1)


@dataclass(frozen=True)
class Trainer:
    person_id: int
    organisation_id: int
    client: Client


@pytest.fixture
def school(db: None) -> int:
    return accounts.create_organisation(
        kind=OrganisationKind.PROVIDER, name="上海明德职业培训学校", uscc=SCHOOL, actor_id=None, now=timezone.now()
    ).organisation_id


def open_account(name: str = "周老师") -> tuple[int, Client]:
    username = f"trainer{next(_numbers)}"
    person = accounts.create_account(
        name=name, username=username, password="Lian-xi-2026", actor_id=None, now=timezone.now()
    )
    client = Client()
    assert client.login(username=username, password="Lian-xi-2026")
    return person.person_id, client


@pytest.fixture
def trainer(school: int) -> Trainer:
    return make_trainer(school)


def make_trainer(school: int) -> Trainer:
    person_id, client = open_account()
    accounts.grant_role(
        person_id=person_id,
        organisation_id=school,
        role=Role.TRAINER,
        from_on=date(2026, 1, 1),
        actor_id=None,
        now=timezone.now(),
    )
    return Trainer(person_id, school, client)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes (once) a small real video: clips(seconds=10, size="320x180", rate=8, sound=True)."""
    folder = tmp_path_factory.mktemp("clips")

    def make(
        *, seconds: int = 10, size: str = "320x180", rate: int = 8, sound: bool = True, ending: str = "mp4"
    ) -> Path:
        path = folder / f"{seconds}-{size}-{rate}-{sound}.{ending}"
        if path.exists():
            return path
        arguments = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}"]
        if sound:
            arguments += ["-f", "lavfi", "-i", "sine=440"]
        arguments += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
        run_ffmpeg(*arguments, *(("-c:a", "aac") if sound else ()), str(path))
        return path

    return make


def run_ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *arguments], check=True)


@pytest.fixture
def bucket(storage: S3Place) -> Iterator[S3Place]:
    yield storage
    for key in list(store.list_keys("")):
        store.delete_key(key)
