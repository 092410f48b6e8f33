"""Recorded play histories, made from a seed: what honest phones send on a bad day, and what a cheat makes of it.

Lines are those of `replay_beats` (contract). The same seed gives the same lines.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Line = dict[str, Any]
MORNING = 1_780_000_000_000
BEAT_MS = 15_000
UNIT_SECONDS = 900
_MINUTE = 60_000


@dataclass(slots=True)
class Page:
    """A page that plays one lesson from the start. `now` is the server's clock, `zero` where the page's clock is 0."""

    chance: random.Random
    session: str
    learner: str
    unit: str
    started: int
    now: int
    zero: int
    boot: str = "b0"
    seq: int = 0
    media: int = 0
    held: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def play(self, length: int, *, why: str = "tick", online: bool = True) -> None:
        """So many milliseconds are watched in beats of at most 15 s; without network they are kept."""
        length = min(length, UNIT_SECONDS * 1000 - self.media)
        while length > 0:
            step = min(BEAT_MS, length)
            self._close(step, why if step == length else "tick")
            length -= step
            if online:
                self.send()

    def pause(self, length: int) -> None:
        self.now += length

    def tunnel(self, length: int) -> None:
        """It plays on from the buffer; everything goes out in one message at the end."""
        self.play(length, online=False)
        self.send()

    def reload(self) -> None:
        """The page is opened anew in the same session: its clock starts again, its numbers go on."""
        self.pause(self.chance.randint(500, 4_000))
        self.boot, self.zero = f"b{int(self.boot[1:]) + 1}", self.now

    def send(self) -> None:
        """What is held goes out in one message; sometimes the answer is lost and it goes out again."""
        if not self.held:
            return
        sent = self.now - self.zero
        self._receive(self.held, sent, self.now + self.chance.randint(20, 900))
        if self.chance.random() < 0.05:
            self._receive(self.held, sent + 2_000, self.now + 2_000 + self.chance.randint(20, 900))
        self.held = []

    def _close(self, step: int, why: str) -> None:
        begin = self.now - self.zero
        self.now += step
        self.held.append(
            {
                "session": self.session,
                "learner": self.learner,
                "unit": self.unit,
                "unit_seconds": UNIT_SECONDS,
                "started_ms": self.started,
                "boot": self.boot,
                "seq": self.seq,
                "from_ms": begin,
                "to_ms": begin + step,
                "from_s": self.media / 1000,
                "to_s": (self.media + step) / 1000,
                "rate": 1,
                "why": why,
            }
        )
        self.seq += 1
        self.media += step

    def _receive(self, beats: Iterable[Line], sent: int, received: int) -> None:
        self.lines += [{**beat, "sent_ms": sent, "sent_boot": self.boot, "received_ms": received} for beat in beats]


def honest_day(seed: int, *, learner: str | None = None) -> list[Line]:
    """One learner's lessons of a morning: one to three sessions one after the other, on one device or two."""
    chance = random.Random(seed)  # noqa: S311  the same in each run
    lines: list[Line] = []
    now = MORNING + chance.randint(0, 60) * _MINUTE
    name = learner or f"p{seed}"
    for number in range(chance.randint(1, 3)):
        begun = now + chance.randint(0, 1_500)
        page = Page(chance, f"{name}-s{number}", name, f"u{number}", started=now, now=begun, zero=now)
        page.play(BEAT_MS)
        for _ in range(chance.randint(1, 4)):
            _go_on(page, chance)
        lines += page.lines
        now = page.now + chance.randint(2_000, 5 * _MINUTE)
    return lines


def _go_on(page: Page, chance: random.Random) -> None:
    match chance.randrange(4):
        case 0:
            page.play(chance.randint(5_000, 90_000), why="pause")
            page.pause(chance.randint(3_000, 3 * _MINUTE))
        case 1:
            page.tunnel(chance.randint(10_000, 120_000))
        case 2:
            page.reload()
            page.play(chance.randint(5_000, 60_000))
        case _:
            page.play(chance.randint(15_000, 120_000))


def honest_days(seed: int, learners: int) -> list[Line]:
    """The lines of many learners, one after the other."""
    return [line for number in range(learners) for line in honest_day(seed * 1_000_000 + number)]


# --- cheats ----------------------------------------------------------------------------------------
def faster(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """The video runs at double speed or more; the page says so or does not."""
    speed, told = chance.choice([1.01, 1.25, 2.0, 16.0]), chance.random() < 0.5
    for line in lines:
        yield {**line, "from_s": line["from_s"] * speed, "to_s": line["to_s"] * speed, "rate": speed if told else 1}


def stretched(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """Each beat claims more media than its time."""
    more = chance.choice([0.5, 5.0, 60.0])
    for line in lines:
        yield {**line, "to_s": line["to_s"] + more}


def forged_numbers(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """Every beat comes a second time under a number or a boot of its own."""
    other = chance.choice(["seq", "boot"])
    for line in lines:
        yield line
        forged = {"seq": line["seq"] + 1_000} if other == "seq" else {"boot": "forged", "sent_boot": "forged"}
        yield {**line, **forged, "received_ms": line["received_ms"] + chance.randint(0, 3_000)}


def moved_clock(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """The phone's clock is set forward or back, or the message says that it was sent at another time than it was."""
    by, all_of_it = chance.choice([-600_000, -5_000, 5_000, 600_000]), chance.random() < 0.5
    for line in lines:
        moved = ["sent_ms", "from_ms", "to_ms"] if all_of_it else ["sent_ms"]
        yield {**line, **{name: max(0, line[name] + by) for name in moved}}


def backdated(lines: list[Line], chance: random.Random) -> Iterator[Line]:
    """Each stretch claims to have been watched earlier than it was."""
    by = chance.choice([1_000, 30_000, 300_000])
    for line in lines:
        yield {**line, "from_ms": max(0, line["from_ms"] - by), "to_ms": max(0, line["to_ms"] - by)}


CHEATS: dict[str, Callable[[list[Line], random.Random], Iterator[Line]]] = {
    cheat.__name__: cheat for cheat in (faster, stretched, forged_numbers, moved_clock, backdated)
}


def cheated(lines: list[Line], kind: str, seed: int) -> list[Line]:
    """The same history as this cheat would send it."""
    return list(CHEATS[kind](lines, random.Random(seed)))  # noqa: S311  the same in each run


def muddled(lines: list[Line], seed: int) -> list[Line]:
    """The same lines in another order, a fifth of them twice."""
    chance = random.Random(seed)  # noqa: S311  the same in each run
    mixed = [*lines, *chance.sample(lines, k=len(lines) // 5)]
    chance.shuffle(mixed)
    return mixed
