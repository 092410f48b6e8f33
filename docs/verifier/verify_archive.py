#!/usr/bin/env python3
"""Checks the archive of a class (一期一档) without its platform: plain Python 3.11 or newer, nothing else to install.

    python3 verify_archive.py CLASS.zip [OTHER.zip ...] --key platform.pem

It recomputes every hash, signature and link, and from the raw beats and signs every credited second, and prints per
learner and unit what it got beside what the ledger says. Exit 0: everything holds. Exit 1: each fault by name. Exit 2:
not an archive, or no key. Several archives that share learners are also compared with each other.

Written from docs/archive.md (format class-archive/1), which explains every field and rule that is used here.
"""

from __future__ import annotations

import argparse
import base64
import copy
import hashlib
import json
import sys
import zipfile
from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Span = tuple[int, int]
Stretch = tuple[int, int, int | None, int | None]  # wall from, wall to, media from, media to: milliseconds
Refused = tuple[Stretch, str]
FORMAT = "class-archive/1"
ONLINE = ("video", "live")
EARNED = {"video": "watched", "live": "live_attended", "practice": "practised", "mentoring": "mentored"}
LATEST_MS = 1 << 53


class NotAnArchive(Exception):
    """The file can't be read as an archive at all."""


# --- bytes, hashes, signatures ---------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """RFC 8785 for integers, text, booleans, null, arrays and objects."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    return sha256(canonical(value))


def parse(data: bytes | str) -> Any:
    return json.loads(data, parse_float=_no_float, parse_constant=_no_float)


def _no_float(text: str) -> Any:
    message = f"{text} is no integer"
    raise ValueError(message)


# Ed25519 verification as in RFC 8032, section 5.1.7, in extended coordinates.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _add(a: Point, b: Point) -> Point:
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while factor:
        total = _add(total, point) if factor & 1 else total
        point, factor = _add(point, point), factor >> 1
    return total


_BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    if len(key) != 32 or len(signature) != 64 or _BASE is None:
        return False
    public, commitment = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = _times(scalar, _BASE), _add(commitment, _times(challenge, public))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def read_keys(path: Path) -> list[bytes]:
    """Every Ed25519 public key of a PEM file (SubjectPublicKeyInfo)."""
    keys, lines = [], None
    for line in path.read_text(encoding="ascii").splitlines():
        if line.startswith("-----BEGIN PUBLIC KEY"):
            lines = ""
        elif line.startswith("-----END PUBLIC KEY") and lines is not None:
            der, lines = base64.b64decode(lines), None
            if len(der) == 44 and der[:12] == bytes.fromhex("302a300506032b6570032100"):
                keys.append(der[12:])
        elif lines is not None:
            lines += line.strip()
    return keys


# --- spans and stretches ---------------------------------------------------------------------------------------------


def union(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def cut_by(span: Span, others: Sequence[Span]) -> Iterator[tuple[int, int, bool]]:
    """The span in order, cut where `others` (sorted, disjoint) begin and end; true: inside one of them."""
    at, end = span
    for start, stop in others:
        if stop <= at or start >= end:
            continue
        if start > at:
            yield at, start, False
        yield max(at, start), min(stop, end), True
        at = min(stop, end)
    if at < end:
        yield at, end, False


def part(stretch: Stretch, start: int, end: int) -> Stretch:
    if stretch[2] is None:
        return start, end, None, None
    shift = stretch[2] - stretch[0]
    return start, end, start + shift, end + shift


def length(stretches: Iterable[Stretch]) -> int:
    return sum(stretch[1] - stretch[0] for stretch in stretches)


def as_row(stretch: Stretch) -> list[int]:
    return [number for number in stretch if number is not None]


def from_row(row: Sequence[int]) -> Stretch:
    return (row[0], row[1], None, None) if len(row) == 2 else (row[0], row[1], row[2], row[3])


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """In order of wall time; those that touch in wall and media made one."""
    pieces: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda item: item[0]):
        last = pieces[-1] if pieces else None
        if last and last[1] == stretch[0] and last[3] == stretch[2]:
            pieces[-1] = part(last, last[0], stretch[1])
        else:
            pieces.append(stretch)
    return pieces


DAY_MS, SHANGHAI_MS = 86_400_000, 8 * 3_600_000


def day_of(instant_ms: int) -> str:
    return date.fromordinal(719_163 + (instant_ms + SHANGHAI_MS) // DAY_MS).isoformat()


def day_start_ms(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - 719_163) * DAY_MS - SHANGHAI_MS


def by_days(stretch: Stretch) -> Iterator[tuple[str, Stretch]]:
    """The stretch cut at each midnight in Asia/Shanghai."""
    start = stretch[0]
    while start < stretch[1]:
        midnight = ((start + SHANGHAI_MS) // DAY_MS + 1) * DAY_MS - SHANGHAI_MS
        end = min(midnight, stretch[1])
        yield day_of(start), part(stretch, start, end)
        start = end


# --- from beats to stretches (docs/archive.md, "Beats") --------------------------------------------------------------

Played = tuple[int, int, int]  # wall from, media from, length
ROUNDING_MS, TELL_MS, STALLED_MS, FOREIGN_MS = 3, 1000, 60_000, 10**11


@dataclass
class Beat:
    boot: str
    seq: int
    from_ms: int
    to_ms: int
    media_from: int
    media_to: int
    rate: int
    why: str
    sent_ms: int
    received_ms: int
    sent_boot: str

    def order(self) -> tuple[Any, ...]:
        return (self.received_ms, self.sent_ms, self.sent_boot, self.boot, self.seq)


@dataclass
class Watching:
    """What is remembered of a play session between two settlements."""

    offsets: dict[str, int] = field(default_factory=dict)
    seen: set[tuple[str, int]] = field(default_factory=set)
    contacts: list[int] = field(default_factory=list)
    runs: list[Played] = field(default_factory=list)

    def copied(self) -> Watching:
        """The same but for `seen`, which only grows and is shared."""
        return Watching(dict(self.offsets), self.seen, list(self.contacts), list(self.runs))


@dataclass
class Settled:
    stretches: list[Played]
    refused: list[tuple[str, Played]]
    late: bool
    doubled: int
    fresh: set[tuple[str, int]] = field(default_factory=set)


class Settler:
    """Judges the beats of one session, settlement by settlement."""

    def __init__(self, session: Json, limits: Json) -> None:
        self.session = session
        self.limits = limits
        self.grace = 2000 * limits["heartbeat_seconds"] + limits["rate_slack_ms"]
        self.memory = Watching()
        self.kept: list[Played] = []

    def settle(self, beats: Sequence[Beat], superseded: int | None) -> Settled:
        fresh: list[Played] = []
        done = Settled([], [], late=False, doubled=0)
        ordered = sorted(beats, key=Beat.order)
        for _, message in groupby(ordered, key=lambda one: (one.received_ms, one.sent_ms, one.sent_boot)):
            self._message(list(message), superseded, fresh, done)
        added = [piece for stretch in sorted(fresh) for piece in self._add(stretch, superseded, done.refused)]
        edge = self.memory.contacts[-1] - self.limits["late_beat_limit_seconds"] * 1000 - self.grace
        self.memory.runs = [run for run in self.memory.runs if run[0] + run[2] >= edge]
        done.stretches = touching(added)
        return done

    def _message(self, message: list[Beat], superseded: int | None, fresh: list[Played], done: Settled) -> None:
        unseen = [
            beat
            for beat in message
            if (beat.boot, beat.seq) not in self.memory.seen and (beat.boot, beat.seq) not in done.fresh
        ]
        done.doubled += len(message) - len(unseen)
        if not unseen:
            return
        received = unseen[0].received_ms
        floor = self._floor(received)
        for boot, group in groupby(unseen, key=lambda one: one.boot):
            beats = list(group)
            done.fresh.update((beat.boot, beat.seq) for beat in beats)
            offset = self._place(beats, self.memory.offsets.get(boot))
            self.memory.offsets[boot] = offset
            lowest = floor - self._early_by(beats, offset)
            for beat in beats:
                kept = self._judge(beat, offset, lowest, superseded, done)
                if kept:
                    fresh.append(kept)
        contacts = sorted({*self.memory.contacts, received})
        older = [one for one in contacts if one <= received - self.grace]
        self.memory.contacts = [*older[-1:], *(one for one in contacts if one > received - self.grace)]

    def _floor(self, received: int) -> int:
        slack: int = self.limits["rate_slack_ms"]
        before = [one for one in self.memory.contacts if one <= received - self.grace]
        late: int = received - self.limits["late_beat_limit_seconds"] * 1000
        return max(late, max(before, default=0) - slack)

    def _measured(self, beats: Sequence[Beat]) -> bool:
        head, last = beats[0], max(beat.to_ms for beat in beats)
        return head.sent_boot in ("", head.boot) and 0 <= head.sent_ms - last < FOREIGN_MS

    def _place(self, beats: Sequence[Beat], known: int | None) -> int:
        head, slack = beats[0], self.limits["rate_slack_ms"]
        early: int
        first, last = min(beat.from_ms for beat in beats), max(beat.to_ms for beat in beats)
        measured = self._measured(beats)
        latest = head.received_ms - (head.sent_ms if measured else last)
        early = min(latest, max(latest - slack, self.session["started_ms"] - first))
        if known is None:
            return early
        if not measured or head.sent_ms - last > self.limits["late_beat_limit_seconds"] * 1000:
            return known
        return early if latest - known > STALLED_MS else min(known, latest)

    def _early_by(self, beats: Sequence[Beat], offset: int) -> int:
        slack: int = self.limits["rate_slack_ms"]
        if not self._measured(beats):
            return slack
        return min(max(beats[0].received_ms - beats[0].sent_ms - offset, 0), slack)

    def _judge(self, beat: Beat, offset: int, floor: int, superseded: int | None, done: Settled) -> Played | None:
        limits, unit_ms = self.limits, self.session["unit_ms"]
        asked, wall = beat.media_to - beat.media_from, beat.to_ms - beat.from_ms
        if asked <= 0 or wall <= 0:
            return None
        over_rate = beat.rate > limits["max_rate_milli"]
        too_fast = over_rate or asked * 1000 > wall * limits["max_rate_milli"] + limits["rate_slack_ms"] * 1000
        fits = min(asked, wall, asked * limits["max_rate_milli"] // beat.rate if over_rate else asked)
        start = offset + beat.from_ms
        surplus = min(beat.media_to, unit_ms) - beat.media_from - fits
        if too_fast and surplus > 0:
            done.refused.append(("speed_clip", (start + wall, beat.media_from + fits, surplus)))
        kept: Played | None = (start, beat.media_from, min(fits, unit_ms - beat.media_from))
        kept = kept if kept and kept[2] > 0 else None
        for reason, low, high in self._bounds(beat, floor, superseded):
            kept = kept and inside(kept, low, high, reason, done.refused)
        if kept and not too_fast and kept[2] >= asked:
            done.late = done.late or beat.received_ms - (kept[0] + kept[2]) > self.grace
        return kept

    def _bounds(self, beat: Beat, floor: int, superseded: int | None) -> Iterator[tuple[str, int, int]]:
        yield "over_wall_clock", max(self.session["started_ms"], floor), beat.received_ms
        if superseded is not None:
            yield "superseded", 0, superseded
        yield "out_of_window", self.session["window_from_ms"], self.session["window_to_ms"]

    def _add(self, stretch: Played, superseded: int | None, refused: list[tuple[str, Played]]) -> list[Played]:
        parts = [stretch]
        for start, _, long in self.memory.runs:
            left: list[Played] = []
            for one in parts:
                low = min(max(start - one[0], 0), one[2])
                high = min(max(start + long - one[0], low), one[2])
                if high - low >= TELL_MS:
                    refused.append(("over_wall_clock", (one[0] + low, one[1] + low, high - low)))
                left += [(one[0], one[1], low)] if low else []
                left += [(one[0] + high, one[1] + high, one[2] - high)] if high < one[2] else []
            parts = left
        added = []
        for one in parts:
            wide = self._widen(one, superseded)
            added.append(wide)
            insort(self.memory.runs, wide)
            self.memory.runs = touching(self.memory.runs)
        return added

    def _widen(self, one: Played, superseded: int | None) -> Played:
        runs, limits = self.memory.runs, self.limits
        index = bisect(runs, one)
        before, after = runs[index - 1] if index else None, runs[index] if index < len(runs) else None
        contact = self.memory.contacts[-1]
        end = contact if superseded is None else min(contact, superseded)
        free_to = after[0] if after else end
        gap = one[0] - max(self.session["started_ms"], before[0] + before[2] if before else 0)
        hole = one[1]
        if before and gap <= limits["rate_slack_ms"] and 0 <= one[1] - before[1] - before[2] < hole:
            hole = one[1] - before[1] - before[2]
        own = min(hole, max(gap, 0))
        if 0 < hole <= limits["join_gap_ms"] and hole - own <= min(ROUNDING_MS, free_to - one[0] - one[2]):
            one = (one[0] - own, one[1] - hole, one[2] + hole)
        gap, hole = free_to - one[0] - one[2], self.session["unit_ms"] - one[1] - one[2]
        if after and gap <= limits["rate_slack_ms"] and 0 <= after[1] - one[1] - one[2] < hole:
            hole = after[1] - one[1] - one[2]
        return (one[0], one[1], one[2] + hole) if 0 < hole <= min(limits["join_gap_ms"], gap) else one


def inside(kept: Played, low: int, high: int, reason: str, refused: list[tuple[str, Played]]) -> Played | None:
    """The part of `kept` on wall [low, high); what falls off and lasts a second is refused."""
    head = min(max(low - kept[0], 0), kept[2])
    tail = min(max(kept[0] + kept[2] - high, 0), kept[2] - head)
    if head >= TELL_MS:
        refused.append((reason, (low - head, kept[1], head)))
    if tail >= TELL_MS:
        refused.append((reason, (high, kept[1] + kept[2] - tail, tail)))
    left = kept[2] - head - tail
    return (kept[0] + head, kept[1] + head, left) if left > 0 else None


def touching(stretches: Iterable[Played]) -> list[Played]:
    runs: list[Played] = []
    for one in sorted(stretches):
        if runs and runs[-1][0] + runs[-1][2] == one[0] and runs[-1][1] + runs[-1][2] == one[1]:
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + one[2])
        else:
            runs.append(one)
    return runs


# --- which watched moments a presence check confirms (docs/archive.md, "Presence") -----------------------------------


def prove(
    kept: Iterable[Played], checks: Sequence[Json], session: Json, limits: Json, now_ms: int
) -> tuple[list[Played], list[Played]]:
    """The parts of a session's kept stretches that its enrolment's checks confirm, and those that they refuse."""
    closes, slack = session["confirm_until_ms"], limits["rate_slack_ms"]
    delivery = limits["presence_delivery_seconds"] * 1000
    ended = session["closed_ms"] if session["close_reason"] == "check_failed" else None
    known = sorted((one for one in checks if one["decided_ms"] < closes), key=lambda one: one["decided_ms"])
    edges = {ended - slack} if ended is not None else set()
    for one in known:
        edges |= {one["asked_ms"] + delivery, one["decided_ms"], one["decided_ms"] - slack}

    def fate(moment: int) -> bool | None:
        if ended is not None and moment >= ended - slack:
            return False
        if any(one["asked_ms"] + delivery <= moment < one["decided_ms"] - slack for one in known):
            return False
        for one in known:
            if one["result"] == "passed" and moment < one["decided_ms"]:
                return True
            if one["result"] == "failed" and moment < one["decided_ms"] - slack:
                return False
        return False if now_ms >= closes else None

    confirmed: list[Played] = []
    refused: list[Played] = []
    for wall, media, long in kept:
        cuts = [0, *(edge - wall for edge in sorted(edges) if 0 < edge - wall < long), long]
        for start, end in pairwise(cuts):
            said = fate(wall + start)
            piece = (wall + start, media + start, end - start)
            if said is not None:
                (confirmed if said else refused).append(piece)
    return touching(confirmed), touching(refused)


# --- what one piece of evidence is worth alone (docs/archive.md, "Evidence") -----------------------------------------


@dataclass
class Place:
    """One learner's place in the class, at the moment when a piece of evidence was judged."""

    unit: Json
    limits: Json
    on_roster: bool
    filed_ms: int | None
    window: Span
    tenures: list[Json]


@dataclass
class Worth:
    stretches: list[Stretch]
    refused: list[Refused]
    result: Json | None = None


def keep(stretches: Iterable[Stretch], spans: Sequence[Span], reason: str, refused: list[Refused]) -> list[Stretch]:
    kept, off = [], []
    for stretch in stretches:
        for start, end, fine in cut_by((stretch[0], stretch[1]), spans):
            piece = part(stretch, start, end)
            if fine:
                kept.append(piece)
            else:
                off.append((piece, reason))
    refused += off
    return kept


def windowed(stretches: list[Stretch], place: Place, refused: list[Refused]) -> list[Stretch]:
    if not place.on_roster:
        return keep(stretches, (), "not_on_roster", refused)
    if place.filed_ms is None:
        return keep(stretches, (), "before_filing", refused)
    kept = keep(stretches, ((place.filed_ms, LATEST_MS),), "before_filing", refused)
    return keep(kept, (place.window,), "out_of_window", refused)


def tenured(stretches: list[Stretch], holder: str | None, place: Place, refused: list[Refused]) -> list[Stretch]:
    held = [
        (one["from_ms"], LATEST_MS if one["to_ms"] is None else one["to_ms"])
        for one in place.tenures
        if one["holder"] == holder
    ]
    return keep(stretches, union(held), "superseded", refused) if held else stretches


def worth_of_video(content: Json, place: Place) -> Worth:
    payload, refused = content["payload"], []
    for told in payload["refused"]:
        whole = (told["wall_from_ms"], told["wall_to_ms"], told["media_from_ms"], None)
        refused.append((part(whole, whole[0], whole[1]), told["reason"]))
    rows = [from_row(row) for row in content["stretches"]]
    fitting = [part(one, one[0], one[0] + min(one[1] - one[0], (one[3] or 0) - (one[2] or 0))) for one in rows]
    kept = tenured(windowed(fitting, place, refused), payload["session"], place, refused)
    inner: list[Stretch] = []
    for one in kept:
        end = one[0] + max(0, min(one[1] - one[0], place.unit["duration_seconds"] * 1000 - (one[2] or 0)))
        inner += [part(one, one[0], end)] if end > one[0] else []
        refused += [(part(one, end, one[1]), "over_length")] if end < one[1] else []
    return Worth(inner, refused)


def worth_of_live(content: Json, place: Place) -> Worth:
    payload, refused = content["payload"], list[Refused]()
    schedule = (payload["schedule"][0], payload["schedule"][1])
    present: list[Stretch] = [(a, b, None, None) for a, b in union((row[0], row[1]) for row in content["stretches"])]
    kept = tenured(windowed(present, place, refused), payload["clock"], place, refused)
    kept = keep(kept, (schedule,), "outside_schedule", refused)
    asked = sorted(payload["roll_calls"], key=lambda call: call["asked_ms"])
    since = [schedule[0], *(call["asked_ms"] for call in asked)]
    gaps = union(
        (before, call["asked_ms"]) for before, call in zip(since, asked, strict=False) if call["answered_ms"] is None
    )
    proved = [(start, end) for start, end, missed in cut_by(schedule, gaps) if not missed]
    kept = keep(kept, proved, "roll_call", refused)
    if length(kept) * 100 < (schedule[1] - schedule[0]) * place.limits["live_threshold_percent"]:
        kept = keep(kept, (), "attendance_below", refused)
    return Worth(kept, refused)


def worth_of_practice(content: Json, place: Place) -> Worth:
    payload, refused = content["payload"], list[Refused]()
    schedule = (payload["schedule"][0], payload["schedule"][1])
    rows = [from_row(row) for row in content["stretches"]]
    kept = keep(windowed(rows, place, refused), (schedule,), "outside_schedule", refused)
    breaks = union((one[0], one[1]) for one in payload["breaks"])
    working = [(start, end) for start, end, rest in cut_by(schedule, breaks) if not rest]
    kept = keep(kept, working, "on_break", refused)
    if payload["signed_by"] is None:
        kept = keep(kept, (), "not_signed_off", refused)
    return Worth(kept, refused)


def worth_of_assessment(content: Json, place: Place) -> Worth:
    if not place.on_roster:
        return Worth([], [])
    payload, unit = content["payload"], place.unit
    mark = payload["pass_mark"] if unit["pass_mark"] is None else unit["pass_mark"]
    result = {
        "assessor": payload["assessor"],
        "exam_kind": unit["exam_kind"] or payload["exam_kind"],
        "pass_mark": mark,
        "passed": payload["score"] >= mark,
        "score": payload["score"],
        "version": payload["version"],
    }
    return Worth([], [], result)


SOURCES: dict[str, Callable[[Json, Place], Worth]] = {
    "video": worth_of_video,
    "live": worth_of_live,
    "practice": worth_of_practice,
    "assessment": worth_of_assessment,
}


# --- what it is still worth beside all the rest (docs/archive.md, "Ledger") ------------------------------------------


@dataclass
class Day:
    taken: list[Span] = field(default_factory=list)
    online: int = 0
    practice: int = 0
    total: int = 0

    def move(self, start: int, end: int, mode: str, sign: int) -> None:
        if sign > 0:
            self.taken = union([*self.taken, (start, end)])
        else:
            self.taken = [(a, b) for one in self.taken for a, b, cut in cut_by(one, ((start, end),)) if not cut]
        amount = sign * (end - start)
        self.total += amount
        self.online += amount if mode in ONLINE else 0
        self.practice += amount if mode == "practice" else 0

    def room(self, mode: str, limits: Json) -> int:
        room: int = limits["total_daily_cap_seconds"] * 1000 - self.total
        if mode in ONLINE:
            room = min(room, limits["online_daily_cap_seconds"] * 1000 - self.online)
        if mode == "practice":
            room = min(room, limits["practice_daily_cap_seconds"] * 1000 - self.practice)
        return max(0, room)


@dataclass
class Unit:
    covered: list[Span] = field(default_factory=list)
    covered_ms: int = 0
    pieces: list[Stretch] = field(default_factory=list)
    again: list[Stretch] = field(default_factory=list)  # refused because its media was covered


@dataclass
class Ask:
    """What one piece of evidence is asked for: unit, mode, the unit's filed length, the room of the online share."""

    unit_key: str
    mode: str
    most_ms: int | None = None
    share_ms: int | None = None


class Book:
    """A learner's standing, rebuilt entry by entry."""

    def __init__(self, limits: Json) -> None:
        self.limits = limits
        self.days: dict[str, Day] = defaultdict(Day)
        self.units: dict[str, Unit] = defaultdict(Unit)

    def clip(self, stretches: Iterable[Stretch], ask: Ask) -> tuple[Any, Any]:
        """What is credited and what is refused, as (day, stretch) and (day, stretch, reason); the standing moves on."""
        credited: list[tuple[str, Stretch]] = []
        refused: list[tuple[str, Stretch, str]] = []
        before: Stretch | None = None
        for stretch in sorted(stretches, key=lambda one: (one[0], one[1], one[2] or 0)):
            hole = self._hole(before, stretch)
            if hole:
                self._clip(hole, ask, credited, [])
            self._clip(stretch, ask, credited, refused)
            before = stretch
        return credited, refused

    def _hole(self, before: Stretch | None, after: Stretch) -> Stretch | None:
        if before is None or before[3] is None or after[2] is None:
            return None
        hole, pause = after[2] - before[3], after[0] - before[1]
        if not 0 < hole <= pause <= self.limits["join_gap_ms"]:
            return None
        return before[1], before[1] + hole, before[3], after[2]

    def _clip(self, stretch: Stretch, ask: Ask, credited: list[Any], refused: list[Any]) -> None:
        unit = self.units[ask.unit_key]
        for day, piece in by_days(stretch):
            for start, end, used in list(cut_by((piece[0], piece[1]), self.days[day].taken)):
                free = part(piece, start, end)
                if used:
                    refused.append((day, free, "over_wall_clock"))
                    continue
                covered = () if free[2] is None else tuple(unit.covered)
                shift = free[0] - (free[0] if free[2] is None else free[2])
                for low, high, seen in cut_by((free[0] - shift, free[1] - shift), covered):
                    new = part(free, low + shift, high + shift)
                    if seen:
                        refused.append((day, new, "dup_media"))
                    else:
                        self._limit(day, new, ask, credited, refused)

    def _limit(self, day: str, one: Stretch, ask: Ask, credited: list[Any], refused: list[Any]) -> None:
        unit = self.units[ask.unit_key]
        start, end = one[0], one[1]
        filed = end if ask.most_ms is None else min(end, start + max(0, ask.most_ms - unit.covered_ms))
        shared = filed if ask.share_ms is None else min(filed, start + ask.share_ms)
        fits = min(shared, start + self.days[day].room(ask.mode, self.limits))
        if fits > start:
            piece = part(one, start, fits)
            self.days[day].move(start, fits, ask.mode, 1)
            unit.covered = union([*unit.covered, media_or_wall(piece)])
            unit.covered_ms += fits - start
            unit.pieces.append(piece)
            if ask.share_ms is not None:
                ask.share_ms -= fits - start
            credited.append((day, piece))
        if shared > fits:
            refused.append((day, part(one, fits, shared), "daily_cap"))
        if filed > shared:
            refused.append((day, part(one, shared, filed), "mix_cap"))
        if end > filed:
            refused.append((day, part(one, filed, end), "over_length"))

    def wanted_room(self, mode: str, clipped: Iterable[tuple[str, Stretch, str]]) -> dict[str, int]:
        """What time of later kinds owes to this one, by day: online goes before practice, practice before mentoring."""
        refused: dict[str, int] = defaultdict(int)
        for day, piece, reason in clipped:
            if reason == "daily_cap":
                refused[day] += piece[1] - piece[0]
        wanted = {}
        for day, missing in refused.items():
            at, limits = self.days[day], self.limits
            practice_cap = limits["practice_daily_cap_seconds"] * 1000
            if at.total > limits["total_daily_cap_seconds"] * 1000 or at.practice > practice_cap:
                continue
            later, own = at.total - at.online, limits["online_daily_cap_seconds"] * 1000 - at.online
            if mode == "practice":
                later, own = at.total - at.online - at.practice, practice_cap - at.practice
            if mode != "mentoring" and min(missing, own, later) > 0:
                wanted[day] = min(missing, own, later)
        return wanted

    def give_back(self, draft: Json, unit_key: str, mode: str) -> int:
        """The seconds that a reversal of this credit takes away."""
        unit = self.units[unit_key]
        pieces = [from_row(row) for row in draft["pieces"]]
        before = unit.covered_ms
        for piece in pieces:
            self.days[day_of(piece[0])].move(piece[0], piece[1], mode, -1)
            gone = [media_or_wall(piece)]
            unit.covered = [(a, b) for one in unit.covered for a, b, cut in cut_by(one, gone) if not cut]
            unit.pieces = [
                part(kept, a, b)
                for kept in unit.pieces
                for a, b, cut in cut_by((kept[0], kept[1]), [piece[:2]])
                if not cut
            ]
        unit.covered_ms -= length(pieces)
        return before // 1000 - unit.covered_ms // 1000


def media_or_wall(stretch: Stretch) -> Span:
    return (stretch[0], stretch[1]) if stretch[2] is None or stretch[3] is None else (stretch[2], stretch[3])


def opened_at(required_ms: int, unit: Unit) -> int | None:
    """When a unit was first learnt to what the order asks; None: not yet."""
    worth = union(media_or_wall(one) for one in unit.pieces)
    missing = required_ms
    if missing <= 0:
        return 0
    if sum(end - start for start, end in worth) < missing:
        return None
    learnt: list[Span] = []
    for one in sorted([*unit.pieces, *unit.again], key=lambda item: (item[0], item[1], item[2] or 0)):
        begin, end = media_or_wall(one)
        credited = [(start, stop) for start, stop, inner in cut_by((begin, end), worth) if inner]
        for span in credited:
            for start, stop, known in list(cut_by(span, learnt)):
                if known:
                    continue
                if missing <= stop - start:
                    return one[0] + start - begin + missing
                missing -= stop - start
                learnt = union([*learnt, (start, stop)])
    return None


# --- one learner -----------------------------------------------------------------------------------------------------


def taken_time(entry: Json) -> Json:
    sign = 1 if entry["kind"] == "credit" else 0
    if entry["kind"] == "reversal" and entry["detail"]["kind"] == "credit":
        sign = -1
    walls = [row[:2] for row in entry["pieces"]] if sign else []
    return {"day": entry["day"], "evidence": entry["evidence"], "mode": entry["mode"], "sign": sign, "walls": walls}


def entry_hash(entry: Json) -> str:
    if entry["hash_version"] == 1:
        return digest(entry)
    place = {name: entry[name] for name in ("hash_version", "learner", "prev_hash", "seq")}
    return digest({**place, "content": digest(entry), "time": digest(taken_time(entry))})


def root_of(leaf: Sequence[Any], path: Iterable[Sequence[str]]) -> str:
    node = hashlib.sha256(b"\x00" + canonical(list(leaf))).digest()
    for side, other in path:
        pair = bytes.fromhex(other) + node if side == "left" else node + bytes.fromhex(other)
        node = hashlib.sha256(b"\x01" + pair).digest()
    return node.hex()


class Learner:
    """One enrolment of the archive: everything about it is read, recomputed and compared."""

    def __init__(self, archive: Archive, line: Json) -> None:
        self.archive = archive
        self.line = line
        self.folder = f"learners/{line['enrolment']}"
        self.id: int = line["learner"]
        self.limits = archive.limits
        self.units: dict[str, Json] = {unit["unit_key"]: unit for unit in archive.plan["content"]["units"]}
        self.evidence = {one["id"]: one for one in self.lines("evidence")}
        self.derived = {key: one["content"] for key, one in self.evidence.items()}
        self.tenures = self.lines("tenures")
        self.chain = self.lines("chain")
        self.presence: bool = self.limits["presence_checks"] and f"{self.folder}/checks.jsonl" in archive.listed
        self.checks = self.lines("checks") if self.presence else []
        self.book = Book(archive.limits)
        self.seconds: dict[str, int] = defaultdict(int)
        self.ledger_seconds: dict[str, int] = defaultdict(int)
        for link in self.chain:
            entry = link.get("entry")
            if entry and "credit" in (entry["kind"], entry["detail"].get("kind")):
                self.ledger_seconds[entry["unit"]] += entry["seconds"]
        self.drafts: dict[int, Json] = {}
        self.reversed: set[int] = set()
        self.last_part: dict[str, int] = {}
        self.again: dict[str, tuple[list[Stretch], str]] = {}  # to be entered again: pieces, and why
        self.owed: list[int] = []
        self.wanted: dict[str, int] = {}
        self.beats = 0

    def lines(self, name: str) -> list[Json]:
        return list(self.archive.lines(f"{self.folder}/{name}.jsonl"))

    def fault(self, file: str, what: str) -> None:
        self.archive.fault(f"{self.folder}/{file}", what)

    def check(self) -> None:
        self.check_evidence()
        self.check_beats()
        self.check_links()
        self.check_anchor()
        self.derive()
        self.check_marks_and_attendance()
        self.check_records()

    # evidence and beats

    def check_evidence(self) -> None:
        for one in self.evidence.values():
            content = one["content"]
            if digest(content) != one["digest"]:
                self.fault("evidence.jsonl", f"evidence {one['id']}: its content does not give its digest")
            if content["learner"] != self.id or content["enrolment"] != self.line["enrolment"]:
                self.fault("evidence.jsonl", f"evidence {one['id']} belongs to somebody else")
            if content["unit"] not in self.units or content["source"] not in SOURCES:
                self.fault("evidence.jsonl", f"evidence {one['id']}: its unit or source is unknown")

    def check_beats(self) -> None:
        by_key = {one["content"]["external_key"]: one for one in self.evidence.values()}
        settler: Settler | None = None
        met: set[str] = set()
        for line in self.lines("traces"):
            if "beats" not in line:
                self.check_proofs(settler)
                settler = Settler(line, self.limits)
                self.check_session(line)
            elif settler is None or settler.session["session"] != line["session"]:
                self.fault("traces.jsonl", f"segment {line['segment']} stands under another session")
            else:
                met.add(line["segment"])
                self.check_segment(settler, line, by_key.get(line["segment"]))
        self.check_proofs(settler)
        proofs = tuple(f":check:{one['check']}" for one in self.checks)
        for one in self.evidence.values():
            content = one["content"]
            key = content["external_key"]
            if content["captured_by"] != "player" or key in met:
                continue
            tag = key.removeprefix(content["payload"]["session"]).partition(".")[0]
            if tag not in (*proofs, ":closed") or not self.presence:
                self.fault("traces.jsonl", f"evidence {one['id']} has no beats")

    def check_proofs(self, settler: Settler | None) -> None:
        """In a class with presence checks: what a session sealed and refused is what its checks say of its beats."""
        if settler is None or not self.presence:
            return
        session = settler.session
        name = session["session"]
        mine = {
            key: one["content"]
            for key, one in self.evidence.items()
            if one["content"]["captured_by"] == "player" and one["content"]["payload"]["session"] == name
        }
        sealed = touching((row[0], row[2], row[1] - row[0]) for one in mine.values() for row in one["stretches"])
        told = touching(
            (part["wall_from_ms"], part["media_from_ms"], part["wall_to_ms"] - part["wall_from_ms"])
            for one in mine.values()
            for part in one["payload"]["refused"]
            if part["reason"] == "no_presence"
        )
        # what waited when the make-up days ended is refused a little later, by a task
        now = self.archive.exported_us // 1000
        for at in (now, now - 3_600_000):
            confirmed, refused = prove(touching(settler.kept), self.checks, session, self.limits, at)
            if (sealed, told) == (confirmed, refused):
                break
        if sealed != confirmed:
            what = f"its beats and checks confirm {long_of(confirmed)} ms, its evidence says {long_of(sealed)} ms"
            self.fault("traces.jsonl", f"session {name}: {what}, or others")
        if told != refused and not any(len(one["payload"]["refused"]) == 200 for one in mine.values()):
            what = f"its checks refuse {long_of(refused)} ms, its evidence says {long_of(told)} ms"
            self.fault("checks.jsonl", f"session {name}: {what}, or others")
        for key, content in mine.items():
            rows = [row for row in content["stretches"] for row in inside_of(row, confirmed)]
            self.derived[key] = {**content, "stretches": rows}

    def check_session(self, session: Json) -> None:
        """A session holds the learner's clock from its start until it is superseded at the latest."""
        held = [(one["from_ms"], one["to_ms"]) for one in self.tenures if one["holder"] == session["session"]]
        fits = [start for start, _ in held] == [session["started_ms"]]
        if fits and session["close_reason"] == "superseded":
            fits = held[0][1] is not None and held[0][1] <= session["closed_ms"]
        if not fits:
            self.fault("tenures.jsonl", f"session {session['session']}: its tenure is not that of the session")

    def check_segment(self, settler: Settler, line: Json, evidence: Json | None) -> None:
        beats = [Beat(*row) for row in line["beats"]]
        self.beats += len(beats)
        session = settler.session
        closed = session["closed_ms"] if session["close_reason"] == "superseded" else None
        # A settlement reads whether its session was closed a moment before or after that happened.
        views = [closed, None] if closed is not None and line["sealed_at_us"] // 1000 >= closed else [None, closed]
        memory, found = settler.memory, None
        for view in dict.fromkeys(views):
            settler.memory = memory.copied()
            outcome = settler.settle(beats, view)
            content = self.content_of(line, beats, outcome, session)
            fits = evidence is not None and self.same(content, evidence["content"])
            if found is None or fits:
                found = content, outcome, settler.memory
            if fits:
                break
        if found is None:
            return
        content, outcome, settler.memory = found
        settler.memory.seen |= outcome.fresh
        settler.kept += outcome.stretches
        first, last = beats[0], beats[-1]
        if line["segment"] != f"{line['session']}:{first.boot}.{first.seq}-{last.boot}.{last.seq}" or outcome.doubled:
            self.fault("traces.jsonl", f"segment {line['segment']}: beats are missing or stand twice")
        if evidence is None:
            if outcome.refused or (outcome.stretches and not self.presence):
                self.fault("evidence.jsonl", f"segment {line['segment']}: its evidence is gone")
            return
        if not self.same(content, evidence["content"]):
            told, sealed = length_of(content), length_of(evidence["content"])
            what = f"its beats give {told} ms, evidence {evidence['id']} says {sealed} ms, or differs elsewhere"
            self.fault("traces.jsonl", f"segment {line['segment']}: {what}")
        if not self.presence:
            self.derived[evidence["id"]] = content

    def same(self, worked_out: Json, sealed: Json) -> bool:
        """Whether a settlement sealed what its beats give. Where presence is checked, what was kept and what was
        refused for want of a proof is compared per session instead (`check_proofs`)."""
        if not self.presence:
            return canonical(worked_out) == canonical(sealed)
        told = [part for part in sealed["payload"]["refused"] if part["reason"] != "no_presence"]
        payload = {**sealed["payload"], "refused": told}
        return canonical({**worked_out, "stretches": []}) == canonical({**sealed, "payload": payload, "stretches": []})

    def content_of(self, line: Json, beats: list[Beat], outcome: Settled, session: Json) -> Json:
        """The evidence that these beats make."""
        return {
            "captured_at_us": max(beat.received_ms for beat in beats) * 1000,
            "captured_by": "player",
            "digest_version": 1,
            "enrolment": self.line["enrolment"],
            "external_key": line["segment"],
            "learner": self.id,
            "payload": {
                "late_sync": outcome.late,
                "refused": [
                    {
                        "media_from_ms": one[1],
                        "media_to_ms": one[1] + one[2],
                        "reason": reason,
                        "wall_from_ms": one[0],
                        "wall_to_ms": one[0] + one[2],
                    }
                    for reason, one in outcome.refused[:200]
                ],
                "session": line["session"],
            },
            "source": "video",
            "stretches": [[one[0], one[0] + one[2], one[1], one[1] + one[2]] for one in outcome.stretches],
            "unit": session["unit"],
        }

    # the chain and its anchor

    def check_links(self) -> None:
        before = ""
        for expected, line in enumerate(self.chain, start=1):
            own = line.get("entry")
            place = own or line["link"]
            where = f"entry {place['seq']}"
            if place["seq"] != expected:
                self.fault("chain.jsonl", f"entry {expected} is gone or out of place, {place['seq']} stands there")
                return
            if own and entry_hash(own) != line["hash"]:
                self.fault("chain.jsonl", f"{where}: its content does not give its hash")
            if not own:
                self.check_foreign(line, where)
            if place["prev_hash"] != before:
                self.fault("chain.jsonl", f"{where} does not follow from the entry before it")
            if place["learner"] != self.id:
                self.fault("chain.jsonl", f"{where} belongs to another learner")
            before = line["hash"]

    def check_foreign(self, line: Json, where: str) -> None:
        link, time = line["link"], line.get("time")
        if link["hash_version"] == 1:
            self.archive.note(f"{self.folder}: {where} is of another class and of hash version 1: taken on trust")
        elif digest(link) != line["hash"]:
            self.fault("chain.jsonl", f"{where} (another class): its link does not give its hash")
        elif time and digest(time) != link["time"]:
            self.fault("chain.jsonl", f"{where} (another class): the time it takes is not the time it was sealed with")

    def check_anchor(self) -> None:
        proof = self.archive.document(f"{self.folder}/proof.json")["proof"]
        if proof is None:
            self.archive.note(
                f"{self.folder}: no anchor holds this chain yet" if self.chain else f"{self.folder}: empty"
            )
            return
        leaf, anchor = proof["leaf"], proof["anchor"]
        if root_of(leaf, proof["path"]) != anchor["root"]:
            self.fault("proof.json", f"anchor {anchor['number']}: the path does not lead to its root")
        if not self.archive.signed(canonical(anchor), proof["signature"]):
            self.fault("proof.json", f"anchor {anchor['number']}: its signature does not hold")
        if leaf[0] != self.id:
            self.fault("proof.json", f"anchor {anchor['number']} holds another learner")
        elif leaf[1] > len(self.chain):
            self.fault("chain.jsonl", f"entry {len(self.chain) + 1} is gone: an anchor holds entries up to {leaf[1]}")
        elif self.chain[leaf[1] - 1]["hash"] != leaf[2]:
            self.fault("chain.jsonl", f"entry {leaf[1]}: anchor {anchor['number']} holds another hash for it")
        elif leaf[1] < len(self.chain):
            self.archive.note(f"{self.folder}: entries {leaf[1] + 1} to {len(self.chain)} are not anchored yet")

    # seconds

    def derive(self) -> None:
        """Every entry is worked out again from the evidence and compared."""
        at = 0
        while at < len(self.chain):
            entry = self.chain[at].get("entry")
            if entry is None:
                self.take_foreign(self.chain[at].get("time"))
                at += 1
            elif entry["kind"] == "reversal":
                self.check_reversal(entry)
                at += 1
            else:
                group = []
                while at < len(self.chain):
                    one = self.chain[at].get("entry")
                    if one is None or one["evidence"] != entry["evidence"] or one["kind"] == "reversal":
                        break
                    group.append(one)
                    at += 1
                self.check_group(group)
        self.settle_owed()
        posted = {line["entry"]["evidence"] for line in self.chain if "entry" in line}
        for key, one in self.evidence.items():
            if key in posted:
                continue
            if one["recorded_at_us"] > self.archive.exported_us - 600_000_000:
                self.archive.note(f"{self.folder}: evidence {key} was not judged yet when the archive was made")
                continue
            worth = self.worth(self.derived[key], one["recorded_at_us"])[0]
            if worth.stretches or worth.refused or worth.result:
                self.fault("chain.jsonl", f"evidence {key} has no entry")

    def take_foreign(self, time: Json | None) -> None:
        if time and time["sign"]:
            for start, end in time["walls"]:
                self.book.days[time["day"]].move(start, end, time["mode"], time["sign"])

    def worth(self, content: Json, sealed_us: int) -> list[Worth]:
        """What the evidence is worth alone; more than one answer where a change fell into the same minute."""
        changes = self.line["changes"]
        sealed = sealed_us // 1000
        state = [one["kind"] != "drop" for one in changes if one["at_ms"] <= sealed]
        roster = [state[-1] if state else False]
        if any(abs(one["at_ms"] - sealed) < 60_000 for one in changes):
            roster.append(not roster[0])
        filed_on = self.archive.class_run["filed_on"]
        filed: list[int | None] = [day_start_ms(filed_on) if filed_on else None]
        filed += [None] if self.archive.class_run["state"] == "cancelled" else []
        captured = content["captured_at_us"] // 1000
        held = [self.tenures]
        loose = [
            {**one, "to_ms": None} if one["to_ms"] and abs(one["to_ms"] - captured) < 60_000 else one
            for one in self.tenures
        ]
        held += [loose] if loose != self.tenures else []
        window = (self.line["window_ms"][0], self.line["window_ms"][1])
        unit = self.units[content["unit"]]
        return [
            SOURCES[content["source"]](content, Place(unit, self.limits, on_roster, filed_ms, window, tenures))
            for on_roster in roster
            for filed_ms in filed
            for tenures in held
        ]

    def check_group(self, group: list[Json]) -> None:
        entry = group[0]
        key, where = entry["evidence"], f"entry {entry['seq']}"
        content = self.derived.get(key)
        if content is None or content["unit"] not in self.units or content["source"] not in SOURCES:
            self.fault("chain.jsonl", f"{where}: its evidence {key} is gone")
            return
        why = ""
        if key in self.again:
            pieces, why = self.again.pop(key)
            worths, first_part = [Worth(pieces, [])], self.last_part[key] + 1
        elif key in self.last_part:
            self.fault("chain.jsonl", f"{where}: evidence {key} was entered before")
            return
        else:
            self.settle_owed()
            worths, first_part = self.worth(content, entry["sealed_at_us"]), 0
        self.last_part[key] = max(one["part"] for one in group)
        before = self.book
        for worth in worths:
            self.book = copy.deepcopy(before) if len(worths) > 1 else before
            drafts = self.draft(worth, content, first_part, why)
            if self.differing(drafts, group, content) is None:
                break
        else:
            if len(worths) > 1:
                self.book = copy.deepcopy(before)
                drafts = self.draft(worths[0], content, first_part, why)
            self.fault("chain.jsonl", self.differing(drafts, group, content) or where)
        for draft, one in zip(drafts, group, strict=False):
            self.drafts[one["seq"]] = draft
        for day, ms in self.wanted.items():
            self.fault("chain.jsonl", f"{where}: {ms} ms of a later kind should have made room for it on {day}")
        self.seconds[content["unit"]] += sum(one["seconds"] for one in drafts if one["kind"] == "credit")
        theory = any(one["kind"] == "credit" or one["reason"] == "dup_media" for one in drafts)
        if self.units[content["unit"]]["mode"] != "practice" and theory:
            self.owe(entry["sealed_at_us"])

    def draft(self, worth: Worth, content: Json, first_part: int, why: str) -> list[Json]:
        """The entries that this worth makes now; the standing moves on. `why`: for what reason it is entered again."""
        unit = self.units[content["unit"]]
        mode, refused = unit["mode"], list(worth.refused)
        ask = Ask(content["unit"], mode)
        if mode not in ("video", "assessment") and why != "daily_cap":
            ask.most_ms = max(unit["duration_seconds"], unit["required_seconds"]) * 1000
        if mode in ONLINE:
            ask.share_ms = self.share_room(content["unit"])
        stretches = worth.stretches
        if mode == "practice" and self.archive.class_run["order_gate"] and why != "daily_cap":
            opened = self.gate()
            stretches = keep(stretches, ((opened, LATEST_MS),) if opened is not None else (), "order_gate", refused)
        standing = self.book.units[content["unit"]]
        covered, most = standing.covered_ms, ask.most_ms
        credited, clipped = self.book.clip(stretches, ask)
        standing.again += [piece for _, piece, reason in clipped if reason == "dup_media"]
        self.wanted = self.book.wanted_room(mode, clipped)
        off = [(day, piece, reason) for one, reason in refused for day, piece in by_days(one)] + clipped
        drafts: list[Json] = []
        for day in sorted({day for day, _ in credited} | {day for day, _, _ in off}):
            pieces = joined(piece for one, piece in credited if one == day)
            if pieces:
                ms = length(pieces)
                seconds = (covered + ms) // 1000 - covered // 1000
                drafts.append(entry_draft("credit", EARNED[mode], day, seconds, ms, pieces))
                covered += ms
            for reason in sorted({reason for one, _, reason in off if one == day}):
                pieces = joined(piece for one, piece, why in off if one == day and why == reason)
                ms = length(pieces)
                drafts.append(entry_draft("refusal", reason, day, ms // 1000, ms, pieces))
                if reason == "order_gate" and most is not None:
                    drafts[-1]["detail"] = {"unit_limit_ms": most}
        if worth.result is not None:
            day = day_of(content["captured_at_us"] // 1000)
            drafts.append({**entry_draft("result", "examined", day, 0, 0, []), "detail": worth.result})
        for number, one in enumerate(drafts, start=first_part):
            one["part"] = number
        return drafts

    def share_room(self, unit_key: str) -> int | None:
        """What the online share leaves for this unit: room that other lessons still need is kept for them."""
        share = self.archive.online_ms
        if share is None:
            return None
        online: dict[str, int] = {
            key: unit["required_seconds"] * 1000 for key, unit in self.units.items() if unit["mode"] in ONLINE
        }
        kept = online if sum(online.values()) <= share else {}
        covered = {key: self.book.units[key].covered_ms for key in online}
        others = sum(max(kept.get(key, 0), covered[key]) for key in online if key != unit_key)
        return max(0, share - others - covered[unit_key])

    def differing(self, drafts: list[Json], group: list[Json], content: Json) -> str | None:
        """The first thing in which the ledger differs from what was worked out; None: nothing."""
        fixed = {
            "captured_by": content["captured_by"],
            "class_run": self.archive.class_run["id"],
            "enrolment": self.line["enrolment"],
            "evidence_digest": self.evidence[group[0]["evidence"]]["digest"],
            "hour_pack": self.archive.class_run["hour_pack"],
            "mode": self.units[content["unit"]]["mode"],
            "source": content["source"],
            "unit": content["unit"],
        }
        for draft, entry in zip(drafts, group, strict=False):
            for name, value in {**draft, **fixed}.items():
                if entry[name] != value:
                    return f"entry {entry['seq']}: {name} is {shown(entry[name])}, worked out: {shown(value)}"
        if len(drafts) > len(group):
            lost = drafts[len(group)]
            return f"after entry {group[-1]['seq']} a {lost['kind']} ({lost['reason']}) is missing"
        if len(drafts) < len(group):
            return f"entry {group[len(drafts)]['seq']} has no ground in the evidence"
        return None

    def gate(self) -> int | None:
        """When the online theory was complete that this class wants before practice; None: it is not."""
        opened = 0
        for key, unit in self.units.items():
            if unit["mode"] in ONLINE and unit["category"] != "practice":
                percent = self.limits[f"{unit['mode']}_threshold_percent"]
                required = -(-unit["required_seconds"] * percent // 100) * 1000
                at = opened_at(required, self.book.units[key])
                if at is None:
                    return None
                opened = max(opened, at)
        return opened

    def owe(self, sealed_us: int) -> None:
        """Practice refused for its order that must now be judged again."""
        opened = self.gate() if self.archive.class_run["order_gate"] else None
        if opened is None:
            return
        self.owed = [
            line["entry"]["seq"]
            for line in self.chain
            if "entry" in line
            and line["entry"]["seq"] in self.drafts
            and line["entry"]["reason"] == "order_gate"
            and line["entry"]["kind"] == "refusal"
            and line["entry"]["seq"] not in self.reversed
            and line["entry"]["sealed_at_us"] < sealed_us
            and any(row[1] > opened for row in line["entry"]["pieces"])
        ]

    def settle_owed(self) -> None:
        for seq in self.owed:
            self.fault("chain.jsonl", f"entry {seq} was refused for its order and not judged again")
        self.owed = []

    def check_reversal(self, entry: Json) -> None:
        where, detail = f"entry {entry['seq']}", entry["detail"]
        seq = detail.get("reverses")
        draft = self.drafts.get(seq)
        other = self.chain[seq - 1].get("entry") if isinstance(seq, int) and 0 < seq <= len(self.chain) else None
        if draft is None or other is None or seq in self.reversed or detail.get("kind") != other["kind"]:
            self.fault("chain.jsonl", f"{where} takes back entry {seq}, which does not stand")
            return
        self.reversed.add(seq)
        same = ("evidence", "evidence_digest", "unit", "mode", "day", "pieces", "part", "source", "captured_by")
        if any(entry[name] != other[name] for name in same) or entry["milliseconds"] != -other["milliseconds"]:
            self.fault("chain.jsonl", f"{where} takes back something else than entry {seq} gave")
        seconds = other["seconds"]
        if other["kind"] == "credit":
            seconds = self.book.give_back(draft, entry["unit"], entry["mode"])
            self.seconds[entry["unit"]] -= seconds
        if entry["seconds"] != -seconds:
            self.fault("chain.jsonl", f"{where}: seconds is {entry['seconds']}, worked out: {-seconds}")
        if entry["reason"] in ("order_gate", "daily_cap"):
            self.owed = [one for one in self.owed if one != seq]
            self.again[entry["evidence"]] = [from_row(row) for row in draft["pieces"]], entry["reason"]
            if entry["reason"] == "daily_cap":
                self.check_room(entry, where)
            return
        people = {detail.get("author"), detail.get("approver")}
        if entry["reason"] not in ("correction", "void_fraud") or len(people - {None, self.id}) != 2:
            self.fault(
                "chain.jsonl", f"{where}: a reversal needs an author and an approver, two people, not the learner"
            )

    def check_room(self, entry: Json, where: str) -> None:
        """Time made room for an earlier kind: with it the day was full, and what came instead stands behind."""
        wanted = entry["detail"].get("made_room_for")
        later = [one["entry"] for one in self.chain[entry["seq"] :] if "entry" in one]
        if wanted not in self.evidence:
            self.archive.note(f"{self.folder}: {where} made room for another class")
        elif not any(one["evidence"] == wanted and one["kind"] == "credit" for one in later):
            self.fault("chain.jsonl", f"{where} made room for evidence {wanted}, which was credited nothing")

    # marks, attendance, records

    def check_marks_and_attendance(self) -> None:
        for mark in self.lines("marks"):
            content = self.sealed(mark["evidence"])
            if mark["score"] is not None and (content is None or content["payload"]["score"] != mark["score"]):
                self.fault("marks.jsonl", f"mark {mark['unit']} version {mark['version']} is not what was sealed")
        for one in self.lines("attendance"):
            content = self.sealed(one["evidence"])
            if one["evidence"] is None:
                continue
            signs = (one["in"] and one["in"]["at_ms"], one["out"] and one["out"]["at_ms"], one["schedule_ms"])
            payload = content["payload"] if content else {}
            if signs != (payload.get("in_ms"), payload.get("out_ms"), payload.get("schedule")):
                self.fault("attendance.jsonl", f"attendance {one['attendance']} is not what was sealed")

    def sealed(self, key: str | None) -> Json | None:
        found = self.evidence.get(key or "")
        return found["content"] if found else None

    def check_records(self) -> None:
        before = None
        for record in self.lines("records"):
            content, number = record["content"], record["record_no"]
            if digest(content) != record["digest"] or content["record_no"] != number:
                self.fault("records.jsonl", f"record {number}: its content does not give its digest")
            if not self.archive.signed(canonical(content), record["signature"]):
                self.fault("records.jsonl", f"record {number}: its signature does not hold")
            if content["supersedes"] not in (None, before):
                self.fault("records.jsonl", f"record {number} supersedes {content['supersedes']}, which is not here")
            if content["enrolment"] != self.line["enrolment"] or content["class"]["id"] != self.archive.class_run["id"]:
                self.fault("records.jsonl", f"record {number} belongs to another enrolment")
            self.check_basis(content, number)
            before = number

    def check_basis(self, content: Json, number: str) -> None:
        """The record says what the chain said at its head."""
        head = content["ledger"]
        if head["seq"] > len(self.chain) or (head["seq"] and self.chain[head["seq"] - 1]["hash"] != head["hash"]):
            self.fault("records.jsonl", f"record {number} rests on entry {head['seq']}, which is not in the chain")
            return
        seconds: dict[str, int] = defaultdict(int)
        results = []
        for line in self.chain[: head["seq"]]:
            entry = line.get("entry")
            if entry and entry["kind"] == "result":
                results.append({name: entry["detail"][name] for name in ("score", "pass_mark", "passed")})
            if entry and (entry["kind"] == "credit" or entry["detail"].get("kind") == "credit"):
                seconds[entry["unit"]] += entry["seconds"]
        basis = content["basis"]
        if any(basis["units"].get(unit, 0) != seconds[unit] for unit in {*basis["units"], *seconds}):
            self.fault("records.jsonl", f"record {number}: its seconds are not those of the chain")
        if any(
            {name: one[name] for name in ("score", "pass_mark", "passed")} not in results for one in basis["results"]
        ):
            self.fault("records.jsonl", f"record {number}: a result in it is not in the chain")
        if basis["curriculum"] != self.archive.plan["digest"]:
            self.fault("records.jsonl", f"record {number} rests on another plan")


def long_of(stretches: Iterable[Played]) -> int:
    return sum(one[2] for one in stretches)


def inside_of(row: Sequence[int], confirmed: Iterable[Played]) -> Iterator[list[int]]:
    """The parts of a sealed stretch that are confirmed at the same place of the media."""
    for wall, media, long in confirmed:
        low, high = max(row[0], wall), min(row[1], wall + long)
        if low < high and wall - media == row[0] - row[2]:
            yield [low, high, low - row[0] + row[2], high - row[0] + row[2]]


def entry_draft(kind: str, reason: str, day: str, seconds: int, ms: int, pieces: list[Stretch]) -> Json:
    rows = [as_row(piece) for piece in pieces]
    return {
        "day": day,
        "detail": {},
        "kind": kind,
        "milliseconds": ms,
        "pieces": rows,
        "reason": reason,
        "seconds": seconds,
    }


def length_of(content: Json) -> int:
    return sum(row[1] - row[0] for row in content["stretches"])


def shown(value: Any) -> str:
    text = value if isinstance(value, str) else canonical(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."


# --- the archive -----------------------------------------------------------------------------------------------------


class Archive:
    """One ZIP. What is wrong is collected in `faults`, what an auditor should know in `notes`."""

    def __init__(self, path: Path, keys: list[bytes]) -> None:
        self.keys = keys
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.links: dict[tuple[int, int], tuple[str, str]] = {}
        try:
            self.zip = zipfile.ZipFile(path)
            self.manifest = parse(self.zip.read("manifest.json"))
            self.seal = parse(self.zip.read("manifest.sig.json"))
            if self.manifest["format"] != FORMAT:
                raise NotAnArchive(f"{path}: its format is {self.manifest['format']}, this verifier reads {FORMAT}")
            self.listed = {one["path"]: one for one in self.manifest["files"]}
            self.exported_us: int = self.manifest["exported_at_us"]
            self.class_run = self.document("class.json")
            self.plan = self.document("plan.json")
            self.hours = self.document("hours.json")
            self.limits = self._limits()
            self.online_ms = self._online_ms()
        except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise NotAnArchive(f"{path}: {error!r}") from error

    def fault(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}")

    def note(self, what: str) -> None:
        self.notes.append(what)

    def document(self, name: str) -> Any:
        return parse(self.zip.read(name))

    def lines(self, name: str) -> Iterator[Json]:
        if name not in self.zip.NameToInfo:
            self.fault(name, "is missing")
            return
        with self.zip.open(name) as file:
            for line in file:
                yield parse(line)

    def signed(self, message: bytes, signature: str) -> bool:
        try:
            return any(signed_by(key, bytes.fromhex(signature), message) for key in self.keys)
        except ValueError:
            return False

    def _limits(self) -> Json:
        content = self.hours["content"]
        own = content["categories"][self.class_run["category"]].get("values", {})
        return {name: one["value"] for name, one in {**content["values"], **own}.items()}

    def _online_ms(self) -> int | None:
        """The most that the class's online units may be credited together; None: no bound."""
        kind = "knowledge" if self.plan["content"]["occupation"]["kind"] == "knowledge" else "skill"
        permille = self.limits[f"online_share_permille_{kind}"]
        timed = sum(one["required_seconds"] for one in self.plan["content"]["units"] if one["mode"] != "assessment")
        share: int = permille * timed // 1000 * 1000
        return share if permille < 1000 else None

    def check(self) -> None:
        self.check_manifest()
        self.check_class()
        known = set()
        for line in self.lines("roster.jsonl"):
            known.add(line["enrolment"])
            try:
                self.check_learner(line)
            except (KeyError, TypeError, ValueError, IndexError) as error:
                self.fault(f"learners/{line['enrolment']}", f"can't be read: {error!r}")
        for folder in {name.split("/")[1] for name in self.listed if name.startswith("learners/")}:
            if folder not in {str(one) for one in known}:
                self.fault("roster.jsonl", f"enrolment {folder} has a folder and no line")

    def check_learner(self, line: Json) -> None:
        learner = Learner(self, line)
        learner.check()
        print(f"learner {line['learner']} (enrolment {line['enrolment']}, {line['name']}): {learner.beats} beats")
        for key, unit in learner.units.items():
            if unit["mode"] == "assessment":
                continue
            mine, theirs = learner.seconds[key], learner.ledger_seconds[key]
            word = "equal" if mine == theirs else "DIFFERS"
            print(f"  {unit['mode']:<9} {key}  worked out {mine} s, ledger {theirs} s: {word}")
            if mine != theirs:
                self.fault(learner.folder, f"unit {key}: worked out {mine} s, the ledger says {theirs} s")
        for one in learner.chain:
            entry = one.get("entry")
            time = canonical(taken_time(entry)) if entry else canonical(one["time"]) if one.get("time") else b""
            self.links[learner.id, (entry or one["link"])["seq"]] = (one["hash"], sha256(time) if time else "")

    def check_manifest(self) -> None:
        if not self.signed(self.zip.read("manifest.json"), self.seal["signature"]):
            self.fault("manifest.json", "its signature does not hold under this key")
        names = [one.filename for one in self.zip.infolist()]
        for name in sorted({*names, *self.listed} - {"manifest.json", "manifest.sig.json"}):
            if name not in self.listed:
                self.fault(name, "is not in the manifest")
            elif names.count(name) != 1:
                self.fault(name, "is missing" if name not in names else "stands twice")
            elif self.sum_of(name) != (self.listed[name]["sha256"], self.listed[name]["size"]):
                self.fault(name, "is not the file that the manifest names (SHA-256 or size)")

    def sum_of(self, name: str) -> tuple[str, int]:
        total, size = hashlib.sha256(), 0
        try:
            with self.zip.open(name) as file:
                while chunk := file.read(1 << 20):
                    total.update(chunk)
                    size += len(chunk)
        except (zipfile.BadZipFile, OSError):
            return "", size
        return total.hexdigest(), size

    def check_class(self) -> None:
        if digest(self.plan["content"]) != self.plan["digest"]:
            self.fault("plan.json", "its content does not give its digest")
        content = self.hours["content"]
        if digest(content) != self.hours["digest"] or content["id"] != self.class_run["hour_pack"]:
            self.fault("hours.json", "its content does not give its digest, or is another pack")
        accepted = None
        for filing in self.lines("filing.jsonl"):
            if digest(filing["content"]) != filing["digest"]:
                self.fault("filing.jsonl", f"version {filing['version']}: its content does not give its digest")
            accepted = filing if filing["verdict"] == "accepted" else accepted
        if accepted is None:
            self.fault("filing.jsonl", "no accepted filing")
            return
        sealed = accepted["content"]
        if sealed["plan"]["digest"] != self.plan["digest"]:
            self.fault("plan.json", "is not the plan that was filed")
        asked = {"pack": self.class_run["hour_pack"], "category": self.class_run["category"]}
        if sealed["hour_rules"] != {**asked, "order_gate": self.class_run["order_gate"]}:
            self.fault("class.json", "its hour rules are not those that were filed")
        if (sealed["starts_on"], sealed["ends_on"]) != (self.class_run["starts_on"], self.class_run["ends_on"]):
            self.fault("class.json", "its days are not those that were filed")
        if accepted["decided_ms"] is not None and self.class_run["filed_on"] != day_of(accepted["decided_ms"]):
            self.fault("class.json", "it was filed on another day")
        lines = {line["enrolment"]: line for line in self.lines("roster.jsonl")}
        for one in sealed["roster"]:
            line = lines.get(one["enrolment"])
            if line is None or (line["learner"], line["employer"]) != (one["person"], one["employer"]):
                self.fault("roster.jsonl", f"enrolment {one['enrolment']} is not as it was filed")


def compare(archives: Sequence[Archive]) -> None:
    """What one archive shows of a chain must be what the other shows of it."""
    seen: dict[tuple[int, int], tuple[str, str]] = {}
    for archive in archives:
        for place, (total, time) in archive.links.items():
            other = seen.setdefault(place, (total, time))
            if other[0] != total or (time and other[1] and time != other[1]):
                archive.fault("chain.jsonl", f"learner {place[0]}, entry {place[1]}: another archive shows another one")
            if time:
                seen[place] = (total, time)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("archive", nargs="+", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="the platform's public keys (PEM)")
    options = parser.parse_args()
    try:
        keys = read_keys(options.key)
        if not keys:
            raise NotAnArchive(f"{options.key}: no Ed25519 public key in it")
        archives = [Archive(path, keys) for path in options.archive]
    except (NotAnArchive, OSError, ValueError) as error:
        print(f"can't verify: {error}")
        return 2
    for archive in archives:
        print(f"class {archive.class_run['number']} {archive.class_run['title']}")
        archive.check()
    compare(archives)
    for archive in archives:
        for text in archive.notes:
            print(f"note: {text}")
        for text in archive.faults:
            print(f"FAULT {text}")
    faults = sum(len(archive.faults) for archive in archives)
    print(f"BROKEN: {faults} faults" if faults else "OK: every hash, signature, link and second holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
