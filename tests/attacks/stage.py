"""The stage of the attacks: the server's clock, honest pages and lying ones, and the real way from door to ledger.

Nobody waits. A page writes letters (requests with the instant at which they reach the server); `Stage.deliver` sets the
server's clock to each instant in turn and hands the letter to the heartbeat door itself. Valkey, settling, evidence,
ledger and PostgreSQL are the real ones.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from lms.enrolment.data import EnrolmentFacts
from lms.ledger.api import statement_for
from lms.lib.localday import from_ms, to_ms
from lms.oversight.api import open_flags, watch
from lms.oversight.models import Flag
from lms.player import api
from tests.attacks.story import Story
from tests.factories.way import carry_on
from tests.packages.player.door import Answer, knock, open_door
from tests.packages.player.world import LESSON, MORNING, World, settle_all

ON_THE_WIRE_MS = 80
LOADED_BEFORE_MS = 2_000
TICK_MS = 15_000
SAMPLE_MS = 250


class Device(NamedTuple):
    """A browser as the server sees it."""

    ip: str = "101.84.12.7"
    browser: str = "Mozilla/5.0 (Linux; Android 11; Redmi 9A) MicroMessenger/8.0"


PHONE = Device()
LAPTOP = Device("58.34.200.19", "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0")


class Letter(NamedTuple):
    """One request and the instant at which it reaches the server."""

    at_ms: int
    body: dict[str, Any]

    def later(self, seconds: float) -> Letter:
        return self._replace(at_ms=self.at_ms + int(seconds * 1000))

    def bent(self, **changes: Any) -> Letter:
        """The same letter whose beats say something else; a change may be a function of the beat."""
        beats = [
            {**beat, **{key: value(beat) if callable(value) else value for key, value in changes.items()}}
            for beat in self.body["beats"]
        ]
        return self._replace(body={**self.body, "beats": beats})


class ServerClock:
    """Stands where the front looks for the time."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def time_ns(self) -> int:
        return self.now_ms * 1_000_000


@dataclass
class Page:
    """A lesson page with a clock of its own. By itself it is honest: it says what it played, when it played it.

    `now_ms` is the instant on the server's clock that the page has reached, `media_ms` the place in the video.
    """

    learner: EnrolmentFacts
    unit_key: str
    session: api.PlaySessionFacts
    now_ms: int
    chance: Random
    media_ms: int = 0
    boot: str = "b1"
    seq: int = 0
    letters: list[Letter] = field(default_factory=list)
    zero_ms: int = 0

    def clock(self) -> int:
        """The page's own monotonic clock."""
        return self.now_ms - self.zero_ms

    def watch(self, seconds: float, *, speed: float = 1.0, told: float | None = None, steady: bool = False) -> Page:
        """Plays on at `speed`; a beat every 15 s, closed at the next sample as browsers do, unless `steady`."""
        left = int(seconds * 1000)
        while left > 0:
            tick = TICK_MS if steady else TICK_MS + self.chance.randrange(SAMPLE_MS)
            self.post(self.beat(min(tick, left), speed=speed, rate=speed if told is None else told))
            left -= min(tick, left)
        return self

    def beat(self, wall_ms: int, *, speed: float = 1.0, rate: float = 1.0, why: str = "tick") -> dict[str, Any]:
        """A stretch that was played from now on, and is closed now."""
        start, media = self.clock(), self.media_ms
        self.now_ms += wall_ms
        self.media_ms += int(wall_ms * speed)
        self.seq += 1
        return {
            "boot": self.boot, "seq": self.seq - 1, "from_ms": start, "to_ms": self.clock(),
            "from_s": media / 1000, "to_s": self.media_ms / 1000, "rate": rate, "why": why,
        }  # fmt: skip

    def post(self, *beats: dict[str, Any], wire_ms: int = ON_THE_WIRE_MS, **changes: Any) -> None:
        """Sends beats as they are, now."""
        body = {"token": self.session.token, "sent_ms": self.clock(), "sent_boot": self.boot, "beats": list(beats)}
        self.letters.append(Letter(self.now_ms + wire_ms, {**body, **changes}))

    def rest(self, seconds: float) -> Page:
        """The picture stands; time goes on."""
        self.now_ms += int(seconds * 1000)
        return self

    def seek(self, seconds: float) -> Page:
        self.media_ms = int(seconds * 1000)
        return self


@dataclass
class Stage:
    """A class with a cheat, an honest twin and others; `now_ms` is the instant at which the next page opens."""

    world: World
    clock: ServerClock
    now_ms: int = to_ms(MORNING)
    answers: list[Answer] = field(default_factory=list)

    @property
    def cheat(self) -> EnrolmentFacts:
        return self.world.enrolments[0]

    @property
    def honest(self) -> EnrolmentFacts:
        return self.world.enrolments[1]

    def open(
        self, learner: EnrolmentFacts, *, at: float = 0, unit: str = LESSON, device: Device = PHONE, zero_ms: int = 0
    ) -> Page:
        """The learner presses play `at` seconds past nine."""
        now_ms = self.now_ms + int(at * 1000)
        session = api.open_session(
            learner_id=learner.learner_id, enrolment_id=learner.enrolment_id, unit_key=unit, now=from_ms(now_ms),
            ip=device.ip, user_agent=device.browser,
        )  # fmt: skip
        chance = Random(self.world.enrolments.index(learner))  # noqa: S311  the same in each run
        return Page(learner, unit, session, now_ms, chance, zero_ms=zero_ms or now_ms - LOADED_BEFORE_MS)

    def twin(self, seconds: float) -> Page:
        """Somebody honest, who watches for as long as the cheat pretends."""
        return self.open(self.honest, device=LAPTOP).watch(seconds)

    def deliver(self, letters: Iterable[Letter], *, at_once: bool = False) -> list[Answer]:
        """Every letter reaches the door at its instant (`at_once`: all of them together, at the last one's)."""
        ordered = sorted(letters, key=lambda letter: letter.at_ms)
        answers = asyncio.run(self._knock(ordered, at_once=at_once))
        self.answers += answers
        return answers

    async def _knock(self, letters: Sequence[Letter], *, at_once: bool) -> list[Answer]:
        bodies = [json.dumps(letter.body).encode() for letter in letters]
        async with open_door():
            if at_once:
                self.clock.now_ms = letters[-1].at_ms
                return list(await asyncio.gather(*(knock(body) for body in bodies)))
            answers = []
            for letter, body in zip(letters, bodies, strict=True):
                self.clock.now_ms = letter.at_ms
                answers.append(await knock(body))
            return answers

    def carry_on(self) -> datetime:
        """What stands in the streams is settled, and what was announced goes the whole way; the instant after that."""
        after = from_ms(self.clock.now_ms + 5 * 60_000)
        settle_all(after)
        carry_on(after)
        return after

    def credited(self, *learners: EnrolmentFacts) -> int:
        """Seconds that the ledger holds for these people."""
        now = from_ms(self.clock.now_ms + 5 * 60_000)
        lines = [line for one in learners for line in statement_for(enrolment_id=one.enrolment_id, now=now).units]
        return sum(line.credited_seconds for line in lines)

    def reasons(self, *learners: EnrolmentFacts) -> dict[str, int]:
        """Seconds that the ledger refused to these people, by reason."""
        now = from_ms(self.clock.now_ms + 5 * 60_000)
        summed: dict[str, int] = {}
        for one in learners:
            for reason, seconds in statement_for(enrolment_id=one.enrolment_id, now=now).refused_seconds.items():
                if seconds:
                    summed[reason.value] = summed.get(reason.value, 0) + seconds
        return dict(sorted(summed.items()))

    def flags(self) -> tuple[str, ...]:
        """The rules that saw something; the honest twin is never among those that they speak of."""
        watch(now=from_ms(self.clock.now_ms) + timedelta(minutes=30))
        assert open_flags(enrolment_ids=[self.honest.enrolment_id]) == ()
        return tuple(sorted(set(Flag.objects.values_list("rule", flat=True))))

    def tell(self, story: Story, *cheating: Page, twin: Page) -> None:
        """All letters are delivered and carried to the ledger; what came of them is what the story says."""
        letters = [letter for page in cheating for letter in page.letters]
        self.deliver([*letters, *twin.letters])
        self.conclude(story, *{page.learner for page in cheating}, asked=asked_in(letters))

    def conclude(self, story: Story, *learners: EnrolmentFacts, asked: int | None) -> None:
        """What was delivered is carried to the ledger; what came of it is what the story says."""
        self.carry_on()
        told = replace(
            story,
            asked=asked,
            credited=self.credited(*learners),
            honest=self.credited(self.honest),
            reasons=self.reasons(*learners),
            flags=self.flags(),
        )
        assert told == story, told
        assert self.reasons(self.honest) == {}, "the honest twin lost something"


def asked_in(letters: Iterable[Letter]) -> int:
    """Seconds of video that the letters claim."""
    claims = (beat["to_s"] - beat["from_s"] for letter in letters for beat in letter.body["beats"])
    return int(sum(claims) + 0.5)
