"""Our own programs as the supervisor runs them: web, workers, beat."""

from __future__ import annotations

import contextlib
import http.client
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from lms.config import alive
from lms.config.engines import valkey
from lms.config.engines.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
# Two processes suffice on one machine; production gives each queue workers of its own.
WORKERS = {"worker": (("default", "settle"), 6), "worker-media": (("media",), 1)}


def web(*, port: int, environment: Mapping[str, str]) -> Engine:
    """One uvicorn for pages, API, heartbeats and sockets."""
    return Engine(
        name="web",
        argv=(
            *(sys.executable, "-m", "uvicorn", "lms.config.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--no-access-log", "--timeout-graceful-shutdown", "2", "--log-level", "warning"),
        ),
        ready=lambda: _answers(port),
        env={**environment, "DATABASE_POOL": "8"},
        cwd=ROOT,
        orphan_signal=signal.SIGKILL,
        stop_seconds=6,
        ready_seconds=90,
    )


def worker(name: str, *, port: int, password: str, environment: Mapping[str, str]) -> Engine:
    """A Celery worker of `WORKERS`. Threads, not processes: its work waits for engines and encoders."""
    queues, threads = WORKERS[name]

    def serves() -> bool:
        try:
            return valkey.ask(port, password, "EXISTS", *map(alive.key, queues)) == b":%d" % len(queues)
        except OSError:
            return False

    def forget_last_life() -> None:
        with contextlib.suppress(OSError):  # the broker is down: then no sign of life is left either
            valkey.ask(port, password, "DEL", *map(alive.key, queues))

    return Engine(
        name=name,
        argv=(
            *(sys.executable, "-m", "celery", "--app", "lms.config.celery", "worker"),
            *("--queues", ",".join(queues), "--hostname", f"{name}@zhipei", "--pool", "threads"),
            *("--concurrency", str(threads), "--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
        ),
        ready=serves,
        prepare=forget_last_life,
        env=environment,
        cwd=ROOT,
        orphan_signal=signal.SIGKILL,
        stop_seconds=8,
        ready_seconds=90,
    )


def beat(*, environment: Mapping[str, str]) -> Engine:
    """Sends the periodic hints; imports no Django, so it is small."""
    return Engine(
        name="beat",
        argv=(
            *(sys.executable, "-m", "celery", "--app", "lms.config.beat", "beat"),
            *("--scheduler", "celery.beat:Scheduler", "--pidfile", "", "--loglevel", "WARNING"),
        ),
        ready=lambda: True,
        env=environment,
        cwd=ROOT,
        orphan_signal=signal.SIGKILL,
        stop_seconds=5,
    )


def _answers(port: int) -> bool:
    """Whether the site answers at all; which engine is missing is for /healthz to say."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
