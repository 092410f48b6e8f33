"""Which watched moments a presence check confirms. Pure: what is sealed follows from beats and checks alone.

The rule (REF-HOURS-2026.1, presence proof), for classes whose limits have `presence_checks`. All times are milliseconds
of the server's clock; spans are half open. G = `presence_delivery_seconds` * 1000, S = `rate_slack_ms` (a page's clock
is known no better, and its beats are placed up to S early).

A *moment* t is an instant of wall time in a stretch that `timeline.fold_beats` kept. It is decided by the checks of
its own **enrolment**, whatever session or device they were asked in. A *decided check* has `asked`, `decided`
(>= asked) and a result:
- `passed`: decided when the server received the right answer;
- `failed`: a wrong last try (when received), no answer (exactly at the deadline), a prompt that was never shown
  although play went on (when the server saw it);
- `lapsed`: asked, never shown, the learner had left. It decides nothing, yet bounds its own delivery (step 2).

Only checks decided before `closes` (the end of the make-up days, `confirm_until` of the session) exist for the rule.
1. If the moment's session was closed with `check_failed` at c and t >= c - S: refused.
2. If some check has asked + G <= t < decided - S: refused, whatever the result. It should have been shown by then.
3. Else the first check, by `decided`, that reaches t decides it: a passed one reaches t < decided and confirms it; a
   failed one reaches t < decided - S and refuses it.
4. Else the moment is pending; once `closes` has come it is refused.

Refused here always means `no_presence`: the media may be watched again and then counts (nothing was sealed for it).

Deciding at each settlement and at each outcome gives the same as deciding once at the end, because checks of one
enrolment never overlap: the next is asked at or after the last one's `decided`, so no later check can reach a moment
that an earlier one decided. A late (offline) beat falls under the same steps whenever it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lms.hours.data import HourLimits
from lms.player.data import CheckResult, Played, Refused
from lms.player.rules import NO_PRESENCE, cut
from lms.player.timeline import join_touching


class Proof(NamedTuple):
    """A decided check as the rule sees it."""

    asked_ms: int
    decided_ms: int
    result: CheckResult


class Bounds(NamedTuple):
    """What bounds the moments of one session: when the make-up days end, and when failed checks ended the session."""

    closes_ms: int
    ended_ms: int | None = None


class Proven(NamedTuple):
    """Every millisecond asked, once: confirmed, refused as `no_presence`, or waiting. By wall, touching joined."""

    sealed: tuple[Played, ...]
    refused: tuple[Refused, ...]
    pending: tuple[Played, ...]


def prove(
    stretches: Iterable[Played], proofs: Sequence[Proof], bounds: Bounds, limits: HourLimits, *, now_ms: int
) -> Proven:
    """The stretches of one session, cut into what its enrolment's checks confirm, refuse and leave open."""
    known = sorted((proof for proof in proofs if proof.decided_ms < bounds.closes_ms), key=lambda item: item.decided_ms)
    edges = _edges(known, bounds, limits)
    fates: dict[bool | None, list[Played]] = {True: [], False: [], None: []}
    for stretch in stretches:
        for piece in _cut_at(stretch, edges):
            fates[_fate(piece.wall_from_ms, known, bounds, limits)].append(piece)
    if now_ms >= bounds.closes_ms:
        fates[False] += fates.pop(None)
    refused = tuple(Refused(NO_PRESENCE, piece) for piece in join_touching(fates[False]))
    return Proven(join_touching(fates[True]), refused, join_touching(fates.get(None, ())))


def _fate(moment_ms: int, proofs: Sequence[Proof], bounds: Bounds, limits: HourLimits) -> bool | None:
    """True: confirmed; False: refused; None: nobody has said yet."""
    slack = limits.rate_slack_ms
    if bounds.ended_ms is not None and moment_ms >= bounds.ended_ms - slack:
        return False
    delivery = limits.presence_delivery_seconds * 1000
    if any(proof.asked_ms + delivery <= moment_ms < proof.decided_ms - slack for proof in proofs):
        return False
    for proof in proofs:
        if proof.result is CheckResult.PASSED and moment_ms < proof.decided_ms:
            return True
        if proof.result is CheckResult.FAILED and moment_ms < proof.decided_ms - slack:
            return False
    return None


def _edges(proofs: Sequence[Proof], bounds: Bounds, limits: HourLimits) -> tuple[int, ...]:
    """The instants at which a moment's fate can change."""
    slack, delivery = limits.rate_slack_ms, limits.presence_delivery_seconds * 1000
    edges = {bounds.ended_ms - slack} if bounds.ended_ms is not None else set()
    for proof in proofs:
        edges |= {proof.asked_ms + delivery, proof.decided_ms, proof.decided_ms - slack}
    return tuple(sorted(edges))


def _cut_at(stretch: Played, edges: Sequence[int]) -> Iterable[Played]:
    start = 0
    for edge in edges:
        distance = edge - stretch.wall_from_ms
        if start < distance < stretch.length_ms:
            yield from filter(None, (cut(stretch, start, distance),))
            start = distance
    yield from filter(None, (cut(stretch, start, stretch.length_ms),))
