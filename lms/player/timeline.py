"""What a whole play session amounts to: beats folded into stretches, whatever their order and repetition. Pure.

`PlayState` is the working memory between two settlements of a session. It only serves to recognise what came before;
what has been credited is the ledger's to say.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec

from lms.hours.data import HourLimits
from lms.player.data import Beat, Played, Refused, SessionFacts, Standpoint, Verdict
from lms.player.rules import (
    MOST_SEQ,
    OVER_WALL_CLOCK,
    WORTH_TELLING_MS,
    cut,
    earliness,
    floor_for,
    grace_ms,
    is_sane,
    judge_beat,
    place_clock,
)

# A page rounds to milliseconds, and the sound clock that drives a video runs up to 0.01 % off the page's own clock:
# so much media per stretch may lack its wall before it. Faster play leaves larger holes, which find nothing to borrow.
ROUNDING_MS = 3
MOST_BOOTS = 32
MOST_GAPS = 200


class PlayState(msgspec.Struct, omit_defaults=True):
    """Working memory of one session. `offsets`: boot -> server time at its clock 0. `seen`: boot -> runs of seq.

    `runs` are the stretches kept of late, by wall, disjoint; older ones can't meet a new beat any more.
    """

    offsets: dict[str, int] = {}
    seen: dict[str, list[tuple[int, int]]] = {}
    contacts: list[int] = []
    runs: list[Played] = []
    settled_seq: int = -1


class BeatVerdict(NamedTuple):
    boot: str
    seq: int
    verdict: Verdict


class Outcome(NamedTuple):
    """What new beats added: stretches to seal (disjoint in wall, by wall), refusals, a verdict per beat, and which
    beats were taken (each once)."""

    stretches: tuple[Played, ...]
    refused: tuple[Refused, ...]
    verdicts: tuple[BeatVerdict, ...]
    taken: tuple[Beat, ...]


def fold_beats(state: PlayState, facts: SessionFacts, beats: Iterable[Beat], limits: HourLimits) -> Outcome:
    """The outcome of `beats` on top of `state`, which now remembers them.

    The beats may come in any order and more than once: they are put in order of receipt first.
    """
    fresh: list[Played] = []
    refused: list[Refused] = []
    verdicts: list[BeatVerdict] = []
    taken: list[Beat] = []
    for _, message in groupby(sorted(beats, key=_order), key=_message):
        _fold_message(state, facts, message, limits, fresh, refused, verdicts, taken)
    added = [piece for stretch in sorted(fresh) for piece in _add(state, facts, stretch, limits, refused)]
    _forget_old(state, limits)
    return Outcome(join_touching(added), tuple(refused), tuple(verdicts), tuple(taken))


def _order(beat: Beat) -> tuple[object, ...]:
    return (beat.received_ms, beat.sent_ms, beat.sent_boot, beat.boot, beat.seq, *beat)


def _message(beat: Beat) -> tuple[int, int, str]:
    return beat.received_ms, beat.sent_ms, beat.sent_boot


def _fold_message(
    state: PlayState,
    facts: SessionFacts,
    message: Iterable[Beat],
    limits: HourLimits,
    fresh: list[Played],
    refused: list[Refused],
    verdicts: list[BeatVerdict],
    taken: list[Beat],
) -> None:
    received = 0
    floor = 0
    for boot, group in groupby(message, key=lambda beat: beat.boot):
        unseen = []
        for beat in group:
            verdict = _first_look(state, beat)
            if verdict is None:
                unseen.append(beat)
            else:
                verdicts.append(BeatVerdict(beat.boot, beat.seq, verdict))
        if not unseen:
            continue
        if not received:
            received = unseen[0].received_ms
            floor = floor_for(received, state.contacts, limits)
        offset = place_clock(unseen, state.offsets.get(boot), facts.started_ms, limits)
        state.offsets[boot] = offset
        view = Standpoint(facts, offset, floor - earliness(unseen, offset, limits))
        for beat in unseen:
            judged = judge_beat(beat, view, limits)
            verdicts.append(BeatVerdict(boot, beat.seq, judged.verdict))
            refused.extend(judged.refused)
            taken.append(beat)
            if judged.stretch:
                fresh.append(judged.stretch)
    if received:
        _note_contact(state, received, limits)


def _first_look(state: PlayState, beat: Beat) -> Verdict | None:
    """The verdict of a beat that is nonsense or known already; None marks it as seen and worth judging."""
    if not is_sane(beat) or (beat.boot not in state.seen and len(state.seen) >= MOST_BOOTS):
        return Verdict.MALFORMED
    spans = state.seen.setdefault(beat.boot, [])
    if is_seen(spans, beat.seq):
        return Verdict.REPLAYED
    if not mark_seen(spans, beat.seq):
        return Verdict.MALFORMED
    state.settled_seq = max(state.settled_seq, beat.seq)
    return None


def is_seen(spans: Sequence[tuple[int, int]], seq: int) -> bool:
    return any(low <= seq <= high for low, high in reversed(spans))


def mark_seen(spans: list[tuple[int, int]], seq: int) -> bool:
    """`seq` is in `spans` (closed, sorted). False where it would leave more gaps than an honest page makes."""
    index = len(spans)
    while index and spans[index - 1][0] > seq:
        index -= 1
    joins_left = index > 0 and spans[index - 1][1] == seq - 1
    joins_right = index < len(spans) and spans[index][0] == seq + 1
    if joins_left and joins_right:
        spans[index - 1 : index + 1] = [(spans[index - 1][0], spans[index][1])]
    elif joins_left:
        spans[index - 1] = (spans[index - 1][0], seq)
    elif joins_right:
        spans[index] = (seq, spans[index][1])
    elif len(spans) >= MOST_GAPS:
        return False
    else:
        spans.insert(index, (seq, seq))
    return True


def next_seq(state: PlayState) -> int:
    """The seq after every seq known, over all boots."""
    return min(max((spans[-1][1] for spans in state.seen.values() if spans), default=-1) + 1, MOST_SEQ)


def _note_contact(state: PlayState, received_ms: int, limits: HourLimits) -> None:
    """The contacts that a later floor may need: those within the grace, and the last one before."""
    edge = received_ms - grace_ms(limits)
    contacts = sorted({*state.contacts, received_ms})
    older = [contact for contact in contacts if contact <= edge]
    state.contacts = [*older[-1:], *(contact for contact in contacts if contact > edge)]


def _add(
    state: PlayState, facts: SessionFacts, stretch: Played, limits: HourLimits, refused: list[Refused]
) -> list[Played]:
    """What `stretch` adds to the runs: the parts whose wall is free, widened over small holes beside them."""
    added: list[Played] = []
    for free in _free_parts(state, stretch, refused):
        wide = _widen(state, facts, free, limits)
        added.append(wide)
        _insert(state, wide)
    return added


def _free_parts(state: PlayState, stretch: Played, refused: list[Refused]) -> list[Played]:
    """The stretch without wall that the session has used already: two beats never share a moment."""
    parts = [stretch]
    for start, _, length in state.runs:
        left: list[Played] = []
        for part in parts:
            low = min(max(start - part.wall_from_ms, 0), part.length_ms)
            high = min(max(start + length - part.wall_from_ms, low), part.length_ms)
            taken = cut(part, low, high)
            if taken and taken.length_ms >= WORTH_TELLING_MS:
                refused.append(Refused(OVER_WALL_CLOCK, taken))
            left.extend(piece for piece in (cut(part, 0, low), cut(part, high, part.length_ms)) if piece)
        parts = left
    return parts


def _widen(state: PlayState, facts: SessionFacts, part: Played, limits: HourLimits) -> Played:
    """The part grown over media holes of at most `join_gap_ms` beside it, as far as unused wall beside it allows.

    A page takes its samples some milliseconds late; without this an honest viewing would never be whole. Wall is
    spent on a hole as on any other media, so a hole that speed made finds none. The unit's two ends count as media.
    """
    index = bisect(state.runs, part)
    before = state.runs[index - 1] if index else None
    after = state.runs[index] if index < len(state.runs) else None
    contact_ms = state.contacts[-1]
    end = contact_ms if facts.superseded_ms is None else min(contact_ms, facts.superseded_ms)
    free_to_ms = after.wall_from_ms if after else end
    return _widen_right(_widen_left(part, before, free_to_ms, facts, limits), after, free_to_ms, facts, limits)


def _widen_left(
    part: Played, before: Played | None, free_to_ms: int, facts: SessionFacts, limits: HourLimits
) -> Played:
    """Wall before the part is used first; what rounding took from there is borrowed from the free wall behind it."""
    gap = part.wall_from_ms - max(facts.started_ms, before.wall_to_ms if before else 0)
    hole = part.media_from_ms
    if before and gap <= limits.rate_slack_ms and 0 <= part.media_from_ms - before.media_to_ms < hole:
        hole = part.media_from_ms - before.media_to_ms
    own = min(hole, max(gap, 0))
    borrowed = hole - own
    if not 0 < hole <= limits.join_gap_ms or borrowed > min(ROUNDING_MS, free_to_ms - part.wall_to_ms):
        return part
    return Played(part.wall_from_ms - own, part.media_from_ms - hole, part.length_ms + hole)


def _widen_right(
    part: Played, after: Played | None, free_to_ms: int, facts: SessionFacts, limits: HourLimits
) -> Played:
    gap = free_to_ms - part.wall_to_ms
    hole = facts.unit_ms - part.media_to_ms
    if after and gap <= limits.rate_slack_ms and 0 <= after.media_from_ms - part.media_to_ms < hole:
        hole = after.media_from_ms - part.media_to_ms
    if not 0 < hole <= min(limits.join_gap_ms, gap):
        return part
    return Played(part.wall_from_ms, part.media_from_ms, part.length_ms + hole)


def _insert(state: PlayState, part: Played) -> None:
    insort(state.runs, part)
    state.runs = list(join_touching(state.runs))


def join_touching(stretches: Iterable[Played]) -> tuple[Played, ...]:
    """The same stretches by wall, those that touch in wall and media as one."""
    joined: list[Played] = []
    for stretch in sorted(stretches):
        last = joined[-1] if joined else None
        if last and last.wall_to_ms == stretch.wall_from_ms and last.media_to_ms == stretch.media_from_ms:
            joined[-1] = Played(last.wall_from_ms, last.media_from_ms, last.length_ms + stretch.length_ms)
        else:
            joined.append(stretch)
    return tuple(joined)


def _forget_old(state: PlayState, limits: HourLimits) -> None:
    """Runs too old to meet a beat that may still come are dropped."""
    if not state.contacts:
        return
    edge = state.contacts[-1] - limits.late_beat_limit_seconds * 1000 - grace_ms(limits)
    state.runs = [run for run in state.runs if run[0] + run[2] >= edge]
