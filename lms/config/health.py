"""`GET /healthz`: does every engine serve? 200 when all do, 503 naming those that do not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import asdict, dataclass
from functools import cache

import imageio_ffmpeg
import psycopg
import redis
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.config import alive
from lms.config.engines import s3
from lms.config.engines.sigv4 import Bucket

_PATIENCE_S = 4.0
_TIMEOUT_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`ok` is None for what this installation does not have and does not need."""

    ok: bool | None
    detail: str = ""
    ms: int | None = None


def _database() -> str:
    place = connections["default"].settings_dict
    with psycopg.connect(
        host=place["HOST"],
        port=place["PORT"] or None,
        dbname=place["NAME"],
        user=place["USER"],
        password=place["PASSWORD"],
        connect_timeout=_TIMEOUT_S,
    ) as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}.{connection.info.server_version % 10000}"


def _ping(url: str) -> str:
    with redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S) as client:
        client.ping()
    return ""


def _storage() -> str:
    place = settings.S3
    bucket = Bucket(
        endpoint=place.endpoint,
        name=place.bucket,
        access_key=place.access_key,
        secret_key=place.secret_key,
        region=place.region,
    )
    if not s3.answers(bucket):
        raise ConnectionError("a signed read was not served")
    return ""


@cache
def _encoder() -> str:
    """Where ffmpeg is; looked for once, it does not come and go."""
    path = imageio_ffmpeg.get_ffmpeg_exe()
    if shutil.which(path) is None:
        raise FileNotFoundError("ffmpeg is not installed")
    return "ffmpeg"


def _worker() -> str:
    """Each queue has a worker whose heart beat within the last seconds."""
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
    ) as client:
        signs = client.mget([alive.key(queue) for queue in alive.QUEUES])
    missing = [queue for queue, sign in zip(alive.QUEUES, signs, strict=True) if sign is None]
    if missing:
        raise ConnectionError(f"no worker takes from: {', '.join(missing)}")
    return ""


ENGINES: dict[str, Callable[[], str]] = {
    "database": _database,
    "cache": lambda: _ping(settings.CACHES["default"]["LOCATION"]),
    "broker": lambda: _ping(settings.REDIS_URL),
    "storage": _storage,
    "media_engine": _encoder,
    "worker": _worker,
}
# Live classes are not part of this release: said plainly, and no reason for a 503.
ABSENT = {"live_engine": Answer(ok=None, detail="not installed: live classes are not part of this release")}

_askers = ThreadPoolExecutor(max_workers=2 * len(ENGINES), thread_name_prefix="health")


def _ask(question: Callable[[], str]) -> Answer:
    began = time.monotonic()
    try:
        detail = question()
    except Exception as error:  # noqa: BLE001  whatever it is, it means: does not serve
        # The class only: a driver's message may hold an address or a user name.
        text = str(error) if isinstance(error, ConnectionError) and error.errno is None else type(error).__name__
        return Answer(ok=False, detail=text, ms=int((time.monotonic() - began) * 1000))
    return Answer(ok=True, detail=detail, ms=int((time.monotonic() - began) * 1000))


def ask_all() -> dict[str, Answer]:
    """One answer for each engine; one that is silent for too long does not serve."""
    asked: dict[str, Future[Answer]] = {name: _askers.submit(_ask, question) for name, question in ENGINES.items()}
    wait_for(asked.values(), timeout=_PATIENCE_S)
    late = Answer(ok=False, detail=f"no answer within {_PATIENCE_S:.0f} s")
    return {name: future.result() if future.done() else late for name, future in asked.items()} | ABSENT


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    answers = ask_all()
    failing = [name for name, answer in answers.items() if answer.ok is False]
    body = {"status": "failing" if failing else "ok", "failing": failing}
    entries = {name: asdict(answer) for name, answer in answers.items()}
    return JsonResponse({**body, **entries}, status=503 if failing else 200)
