"""An honest phone in the real world: a page as `frontend/src/player/` writes it, a network that fails, a clock adrift.

Everything hangs on one seed. The phone knows what was really watched; the server only hears the messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from lms.lib.intervals import Span, total, union
from lms.player.data import Beat

TICK_MS, SAMPLE_MS = 15_000, 250
MOST_BEATS = 60
GIVEN_UP_MS = 5_000
LONGEST_PAUSE_MS = 15_000
DRIFT_PPM = 100


class Network(NamedTuple):
    """`way_ms`: one way, from the quickest to the usual; `lost`: requests that never arrive; `unanswered`: those that
    arrive and whose answer does not; `stalled`: those that hang for up to 20 s."""

    way_ms: tuple[int, int] = (20, 120)
    lost: float = 0.002
    unanswered: float = 0.002
    stalled: float = 0.001


GOOD = Network()
WEAK_4G = Network(way_ms=(80, 900), lost=0.08, unanswered=0.05, stalled=0.02)


class Message(NamedTuple):
    """One request as the server got it."""

    received_ms: int
    sent_ms: int
    sent_boot: str
    beats: tuple[Beat, ...]


class PageClock(NamedTuple):
    """From `from_ms` on the page's monotonic clock is this boot's; its zero was at `zero_ms` of true time."""

    from_ms: int
    boot: str
    zero_ms: int


@dataclass
class Visit:
    """One run of the page: one play session, one count of beats, a boot more after each sleep."""

    opened_ms: int
    clocks: list[PageClock]
    closed_ms: int | None = None
    beats: list[tuple[int, Beat]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


class Phone:
    """Plays, stands still, loses its network, dies and comes back. `now_ms` is true time."""

    def __init__(self, seed: int, network: Network = GOOD, *, start_ms: int = 0, media_ms: int = 0) -> None:
        self.chance = Random(seed)  # noqa: S311  the same in each run
        self.network = network
        self.now_ms = start_ms
        self.drift = self.chance.uniform(-DRIFT_PPM, DRIFT_PPM) / 1e6
        self.sound = self.chance.uniform(-DRIFT_PPM, DRIFT_PPM) / 1e6
        self.media_ms = float(media_ms)
        self.said_ms = float(media_ms)
        self.watched: list[Span] = []
        self.dark: list[Span] = []
        self.visits: list[Visit] = []
        self.open()

    def open(self) -> None:
        """The page loads and play is pressed: a new session, which ends the one before."""
        if self.visits:
            self.visits[-1].closed_ms = self.now_ms
        loaded = self.now_ms - self.chance.randrange(1_000, 8_000)
        self.visits.append(Visit(self.now_ms, [PageClock(loaded, f"v{len(self.visits)}", loaded)]))
        self.now_ms += self.chance.randrange(300, 1_500)

    def clock(self, visit: Visit, at_ms: float) -> tuple[int, str]:
        """What the page's monotonic clock says, and of which boot it is."""
        clock = [one for one in visit.clocks if one.from_ms <= at_ms][-1]
        return round((at_ms - clock.zero_ms) * (1 + self.drift)), clock.boot

    def play(self, seconds: float, *, dies: bool = False) -> None:
        """The video runs in front of the learner. `dies`: the stretch that is open at the end is never closed."""
        left = int(seconds * 1000)
        while left > 0:
            tick = TICK_MS + self.chance.randrange(SAMPLE_MS)
            wall = min(tick, left)
            left -= wall
            start, began = self.clock(self.visits[-1], self.now_ms)[0], self.media_ms
            self.now_ms += wall
            self.media_ms += wall * (1 + self.sound)
            self.watched.append((round(began), round(self.media_ms)))
            if not (dies and left == 0):
                self._close(start, "tick" if wall == tick else "pause")

    def _close(self, start: int, why: str) -> None:
        visit = self.visits[-1]
        end, boot = self.clock(visit, self.now_ms)
        reached = min(self.media_ms, self.said_ms + end - start)
        beat = Beat(boot, len(visit.beats), start, end, round(self.said_ms), round(reached), 1000, why, 0, 0, boot)
        self.said_ms = reached
        visit.beats.append((self.now_ms, beat))

    def stand(self, seconds: float) -> None:
        """The picture stands: a pause, a rebuffering, a call, a dark screen."""
        self.now_ms += int(seconds * 1000)

    def sleep(self, seconds: float) -> None:
        """The screen is locked; moments later the phone sleeps: nothing is sent, the page's clock stands still. Then a
        new boot."""
        self.stand(self.chance.uniform(1.5, 4))
        self.without_network(seconds)
        self.stand(seconds)
        last = self.visits[-1].clocks[-1]
        boot = f"{last.boot}.{len(self.visits[-1].clocks)}"
        self.visits[-1].clocks.append(PageClock(self.now_ms, boot, last.zero_ms + int(seconds * 1000)))

    def run_on(self, seconds: float) -> None:
        """The sound goes on behind a dark screen: the place moves, nobody watches, nothing is reported."""
        self.stand(seconds)
        self.media_ms += seconds * 1000
        self.said_ms = self.media_ms

    def without_network(self, seconds: float) -> None:
        """From now on no request gets through for so long."""
        self.dark.append((self.now_ms, self.now_ms + int(seconds * 1000)))

    def back_at_known_place(self) -> None:
        """A new page resumes where the last reported stretch ended."""
        self.media_ms = self.said_ms

    @property
    def really_watched_ms(self) -> int:
        """The video that was really seen, each part once."""
        return total(union(self.watched))

    def deliver(self) -> Sequence[Visit]:
        """The visits with every message as it reached the server. A later one brings home what an earlier one left."""
        left: list[Beat] = []
        for visit in self.visits:
            left = self._bring_home(visit, left)
        return self.visits

    def _bring_home(self, visit: Visit, before: list[Beat]) -> list[Beat]:
        """One request at a time, oldest beats first, again after a failure; returns what the page could not bring."""
        if before:
            owner = self.visits[self.visits.index(visit) - 1]
            at = self._light(visit.opened_ms + 500)
            sent, boot = self.clock(visit, at)
            owner.messages.append(Message(round(at + self._way()), sent, boot, tuple(before)))
        free_ms, accepted, failures = 0.0, 0, 0
        while accepted < len(visit.beats):
            at = max(free_ms, visit.beats[accepted][0])
            if visit.closed_ms is not None and at >= visit.closed_ms:
                return [beat for _, beat in visit.beats[accepted:]]
            fresh = [beat for emitted, beat in visit.beats[accepted:] if emitted <= at][:MOST_BEATS]
            out, arrives, answered = self._request(at)
            if arrives is not None:
                sent, boot = self.clock(visit, at)
                visit.messages.append(Message(round(arrives), sent, boot, tuple(fresh)))
            if answered:
                accepted, failures, free_ms = accepted + len(fresh), 0, out
            else:
                free_ms = out + min(LONGEST_PAUSE_MS, 1_000 * 2**failures) * self.chance.uniform(0.75, 1.25)
                failures += 1
        return []

    def _request(self, at: float) -> tuple[float, float | None, bool]:
        """When the request is over, when it reached the server (None: never), and whether its answer came back.

        The page gives up after five seconds; what hung in the network may arrive nevertheless, later.
        """
        if self._is_dark(at):
            return at + self.chance.uniform(50, GIVEN_UP_MS), None, False
        luck = self.chance.random()
        lost, unanswered, stalled = self.network.lost, self.network.unanswered, self.network.stalled
        if luck < lost:
            return at + self.chance.uniform(1_000, GIVEN_UP_MS), None, False
        arrives = at + self._way()
        if luck < lost + unanswered:
            return at + GIVEN_UP_MS, arrives, False
        if luck < lost + unanswered + stalled:
            arrives += self.chance.uniform(2_000, 20_000)
        if self._is_dark(arrives):  # what the radio still held is gone
            return at + GIVEN_UP_MS, None, False
        over = arrives + self._way()
        return min(over, at + GIVEN_UP_MS), arrives, over <= at + GIVEN_UP_MS

    def _is_dark(self, at: float) -> bool:
        return any(start <= at < end for start, end in self.dark)

    def _way(self) -> float:
        quick, usual = self.network.way_ms
        return quick + self.chance.expovariate(1 / (usual - quick))

    def _light(self, at: float) -> float:
        return max([at, *(end + 500 for start, end in self.dark if start <= at < end)])
