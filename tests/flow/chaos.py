"""A class of pages that beat in real time, and somebody who pulls the plugs: web, worker, Valkey, PostgreSQL.

The pages do what `frontend/src/player/heartbeat.ts` does: keep each beat until it is settled, send all that the server
has not accepted, try again after a failure, and send once more what was accepted and is not settled after a while.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from django.db import Error, connections
from redis.exceptions import RedisError

from lms.config.engines import ports
from lms.enrolment.data import EnrolmentFacts
from lms.player import stream
from lms.player.data import PlaySessionFacts
from lms.player.models import SettleLease
from tests.children import child
from tests.engines import ROOT
from tests.lmsplugin import ENGINES

BEAT_MS = 5_000
PATH = "/api/v1/heartbeats/"
RESEND_SECONDS = 3.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
VICTIMS = ("web", "worker", "streams", "postgres")
_THREADS = 8
_PAUSE_SECONDS = 0.3
_ANSWER_SECONDS = 5.0


# --- pages -----------------------------------------------------------------------------------
@dataclass(slots=True)
class Page:
    """One learner's page. Its clock starts when the session was opened; it closes a stretch every 5 s."""

    enrolment: EnrolmentFacts
    opened: PlaySessionFacts
    zero: float
    most: int
    made: int = 0
    accepted_seq: int = -1
    sent_again_at: float = 0.0
    waiting: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_home(self) -> bool:
        """Everything was watched, sent and settled."""
        return self.made == self.most and not self.waiting

    def clock_ms(self) -> int:
        return int((time.time() - self.zero) * 1000)

    def watch(self) -> None:
        """The stretches that are over by now are kept to be sent."""
        while self.made < self.most and self.clock_ms() >= (self.made + 1) * BEAT_MS:
            self.waiting.append(beat_of(self.made))
            self.made += 1

    def fresh(self) -> list[dict[str, Any]]:
        """What is to be sent now: all that was not accepted, or once in a while all that is not settled."""
        fresh = [beat for beat in self.waiting if beat["seq"] > self.accepted_seq]
        if not fresh and self.waiting and time.monotonic() > self.sent_again_at + RESEND_SECONDS:
            self.sent_again_at = time.monotonic()
            return self.waiting[:60]
        return fresh[:60]

    def body(self, beats: Sequence[dict[str, Any]]) -> bytes:
        message = {"token": self.opened.token, "sent_ms": self.clock_ms(), "sent_boot": "b1", "beats": list(beats)}
        return json.dumps(message).encode()

    def hear(self, answer: dict[str, Any]) -> None:
        if answer["accepted_seq"] is not None:
            self.accepted_seq = max(self.accepted_seq, answer["accepted_seq"])
            self.sent_again_at = max(self.sent_again_at, time.monotonic())
        if answer["settled_seq"] is not None:
            self.waiting = [beat for beat in self.waiting if beat["seq"] > answer["settled_seq"]]


def beat_of(seq: int) -> dict[str, Any]:
    """The beat number `seq` of a page that plays from the start of the lesson on."""
    begin, end = seq * BEAT_MS, (seq + 1) * BEAT_MS
    return {
        "boot": "b1",
        "seq": seq,
        "from_ms": begin,
        "to_ms": end,
        "from_s": begin / 1000,
        "to_s": end / 1000,
        "rate": 1,
        "why": "tick",
    }


class Pages:
    """All pages beat, a few threads for all of them, until everything they watched is settled."""

    def __init__(self, pages: Sequence[Page], port: int) -> None:
        self.pages = pages
        self.refused: list[int] = []
        self._port = port
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(pages[place::_THREADS],), daemon=True) for place in range(_THREADS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def are_home(self) -> bool:
        return all(page.is_home for page in self.pages)

    @property
    def have_begun(self) -> bool:
        return all(page.accepted_seq >= 0 for page in self.pages)

    @property
    def have_watched(self) -> bool:
        return all(page.made == page.most for page in self.pages)

    def _run(self, pages: Sequence[Page]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_SECONDS)
        while not self._over.is_set():
            for page in pages:
                page.watch()
                beats = page.fresh()
                if beats:
                    self._send(line, page, beats)
            self._over.wait(0.05)
        line.close()

    def _send(self, line: http.client.HTTPConnection, page: Page, beats: Sequence[dict[str, Any]]) -> None:
        try:
            line.request("POST", PATH, page.body(beats), {"Content-Type": "application/json"})
            answer = line.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            line.close()  # nobody there, or killed in the middle of an answer
            self._over.wait(_PAUSE_SECONDS)
            return
        if answer.status == 202:
            page.hear(json.loads(content))
        elif answer.status != 503:
            self.refused.append(answer.status)
        else:
            self._over.wait(_PAUSE_SECONDS)


# --- the house and its plugs --------------------------------------------------------------------
class House:
    """Web and worker as processes of their own; the engines are the test run's. `kill` brings each back by itself."""

    def __init__(self, *, seed: int) -> None:
        self.port = ports.free_ports(1, seed=seed)[0]
        self.kills: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        self._running: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._start("web")
        self._start("worker")
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._running):
            self._end(name)

    def kill(self, name: str) -> None:
        """Killed -9 where it stands; it serves again when this returns."""
        self.kills[name] += 1
        if name in self._running:
            self._end(name)
            self._start(name)
        else:
            ENGINES.crash(name)
            connections.close_all()
            stream.client.cache_clear()

    def _start(self, name: str) -> None:
        started = web(self.port) if name == "web" else child("tests.flow.worker")
        started.__enter__()
        self._running[name] = started

    def _end(self, name: str) -> None:
        self._running.pop(name).__exit__(None, None, None)
        if name == "worker":  # as when its lease has run out
            until(lambda: SettleLease.objects.update(lease_until=LONG_AGO) >= 0)


@contextmanager
def web(port: int) -> Iterator[None]:
    """The platform's ASGI server answers on `port`; killed -9 at the end."""
    options = ["--port", str(port), "--log-level", "critical", "--no-access-log"]
    process = subprocess.Popen([sys.executable, "-m", "uvicorn", "lms.config.asgi:application", *options], cwd=ROOT)
    try:
        until(lambda: process.poll() is not None or _answers(port), seconds=120)
        assert process.poll() is None, "the web server did not start"
        yield
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    with suppress(OSError, http.client.HTTPException):
        line.request("GET", PATH)
        return line.getresponse().status == 405
    return False


def pull_plugs(house: House, pages: Pages, *, seed: int) -> None:
    """Everything is killed at random, in rounds that meet each once, until the pages have watched to the end."""
    chance = random.Random(seed)  # noqa: S311  the same in each run
    while True:
        for name in chance.sample(VICTIMS, k=len(VICTIMS)):
            time.sleep(chance.uniform(0.1, 1.5))
            house.kill(name)
        if pages.have_watched:
            return


def until(question: Callable[[], bool], seconds: float = 120) -> None:
    """It has come true; an engine that is just coming back only delays the answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if question():
                return
        except (Error, RedisError):
            connections.close_all()
            stream.client.cache_clear()
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
