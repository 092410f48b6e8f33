"""Our own programs as the supervisor runs them: web, workers, beat."""

from __future__ import annotations

import http.client
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from lms.config import alive
from lms.config.engines import valkey
from lms.config.engines.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
_THREADS = {"default": 4, "settle": 2, "media": 1}


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


def worker(queue: str, *, port: int, password: str, environment: Mapping[str, str]) -> Engine:
    """A Celery worker of one queue. Threads, not processes: its work waits for engines and encoders."""
    return Engine(
        name=f"worker-{queue}",
        argv=(
            *(sys.executable, "-m", "celery", "--app", "lms.config.celery", "worker"),
            *("--queues", queue, "--hostname", f"{queue}@zhipei", "--pool", "threads"),
            *("--concurrency", str(_THREADS[queue]), "--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
        ),
        ready=_quietly(lambda: valkey.ask(port, password, "EXISTS", alive.key(queue)) == b":1"),
        # The last life's sign would be taken for this one's.
        prepare=lambda: _quietly(lambda: bool(valkey.ask(port, password, "DEL", alive.key(queue))))() and None,
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


def _quietly(question: Callable[[], bool]) -> Callable[[], bool]:
    def answer() -> bool:
        try:
            return question()
        except OSError:
            return False

    return answer
