"""What a proposal is still worth beside everything that was credited before. Pure: no clock, no database.

Media and wall are clipped together: a millisecond is credited only where its wall time is free in every source, its
media is new and the day has room; it then takes all three. Every millisecond asked ends credited or refused, with
exactly one reason, in this order: order gate, wall clock, media, filed length, online share, daily cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from courses.data import UnitMode
from lms.evidence.data import CreditProposal, OnlineShare, ReasonCode, RefusedStretch, Stretch
from lms.hours.data import HourLimits
from lms.ledger.spans import Spans, add, walk
from lms.lib.intervals import join_gaps, subtract, total, union

_DAY_MS = 86_400_000
_SHANGHAI_MS = 8 * 3_600_000  # no summer time since 1991
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ONLINE = (UnitMode.VIDEO, UnitMode.LIVE)
EARNED_AS = {
    UnitMode.VIDEO: ReasonCode.WATCHED,
    UnitMode.LIVE: ReasonCode.LIVE_ATTENDED,
    UnitMode.PRACTICE: ReasonCode.PRACTISED,
    UnitMode.MENTORING: ReasonCode.MENTORED,
    UnitMode.ASSESSMENT: ReasonCode.EXAMINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStanding:
    """A learner's credited time on one Asia/Shanghai day, over all classes and sources. Milliseconds."""

    occupied: Spans = ()
    online_ms: int = 0
    practice_ms: int = 0
    total_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStanding:
    """What is credited of one unit: media positions for video, wall instants else. Milliseconds."""

    covered: Spans = ()
    covered_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch inside one Asia/Shanghai day."""

    day: date
    stretch: Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedPiece:
    day: date
    stretch: Stretch
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipped:
    """What was credited and refused, and the standing afterwards. `joined_ms` was credited to close holes in
    continuous play; nobody asked for it, so credited + refused = asked + joined."""

    credited: tuple[Piece, ...]
    refused: tuple[RefusedPiece, ...]
    joined_ms: int
    unit: UnitStanding
    days: Mapping[date, DayStanding]


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Working state of one clipping."""

    mode: UnitMode
    limits: HourLimits
    unit_limit_ms: int | None
    share_left_ms: int | None
    covered: Spans
    covered_ms: int
    days: dict[date, DayStanding]
    credited: list[Piece] = field(default_factory=list)
    refused: list[RefusedPiece] = field(default_factory=list)
    joined_ms: int = 0


def clip_credit(
    *,
    stretches: Iterable[Stretch],
    mode: UnitMode,
    limits: HourLimits,
    unit_limit_ms: int | None,
    unit: UnitStanding,
    days: Mapping[date, DayStanding],
    share_room_ms: int | None = None,
) -> Clipped:
    """The stretches cut to what they are still worth (domain 1.2: unique content, wall clock, online share, daily cap).

    `days` must hold every day that `spans_touched` reaches; `share_room_ms` is what `share_room` says, None: no bound.
    Each stretch is split at midnight in Asia/Shanghai. Holes of at most `join_gap_ms` between stretches played in one
    go (of one piece of evidence, so that the order in which evidence arrives changes nothing) are credited where free
    wall time covers them.
    """
    desk = _Desk(
        mode=mode,
        limits=limits,
        unit_limit_ms=unit_limit_ms,
        share_left_ms=share_room_ms,
        covered=unit.covered,
        covered_ms=unit.covered_ms,
        days=dict(days),
    )
    before: Stretch | None = None
    for stretch in sorted(stretches, key=_by_wall):
        _join(desk, before, stretch)
        _clip_days(desk, stretch)
        before = stretch
    return Clipped(
        credited=tuple(desk.credited),
        refused=tuple(desk.refused),
        joined_ms=desk.joined_ms,
        unit=UnitStanding(covered=desk.covered, covered_ms=desk.covered_ms),
        days=desk.days,
    )


def day_of(instant_ms: int) -> date:
    """The Asia/Shanghai day of an instant."""
    return date.fromordinal(_EPOCH_DAY + (instant_ms + _SHANGHAI_MS) // _DAY_MS)


def split_days(start_ms: int, end_ms: int) -> list[tuple[date, int, int]]:
    """The span cut at each midnight in Asia/Shanghai, every piece with its day."""
    pieces = []
    while start_ms < end_ms:
        midnight = ((start_ms + _SHANGHAI_MS) // _DAY_MS + 1) * _DAY_MS - _SHANGHAI_MS
        cut = min(midnight, end_ms)
        pieces.append((day_of(start_ms), start_ms, cut))
        start_ms = cut
    return pieces


def spans_touched(stretches: Iterable[Stretch], limits: HourLimits) -> Spans:
    """The wall time that `clip_credit` looks at: the stretches and the holes between them."""
    return join_gaps(((item.wall_from_ms, item.wall_to_ms) for item in stretches), limits.join_gap_ms)


def daily_room_ms(mode: UnitMode, day: DayStanding, limits: HourLimits) -> int:
    """How much of `mode` may still be credited on that day (daily caps of domain 1.2)."""
    room = limits.total_daily_cap_seconds * 1000 - day.total_ms
    if mode in _ONLINE:
        room = min(room, limits.online_daily_cap_seconds * 1000 - day.online_ms)
    elif mode is UnitMode.PRACTICE:
        room = min(room, limits.practice_daily_cap_seconds * 1000 - day.practice_ms)
    return max(0, room)


def share_room(share: OnlineShare, unit_key: str, covered_ms: Mapping[str, int]) -> int:
    """How much of this unit the online share still allows, given what is credited of each online unit (milliseconds).

    What the plan asks of the other units is kept free for them, so that a longer video never takes the room that the
    last lesson needs. A plan that asks for more than its share has nothing to keep free: first come, first served.
    """
    limit = share.limit_seconds * 1000
    required = {unit.unit_key: unit.required_seconds * 1000 for unit in share.units}
    kept = required if sum(required.values()) <= limit else {}
    others = sum(max(kept.get(key, 0), covered_ms.get(key, 0)) for key in required if key != unit_key)
    return max(0, limit - others - covered_ms.get(unit_key, 0))


def room_from_later_modes(mode: UnitMode, day: DayStanding, refused_ms: int, limits: HourLimits) -> int:
    """How much of what the day's total refused to `mode` goes before time already credited of a later mode.

    Of a full day online counts first, then practice, then mentoring, whichever arrived first. A day that an older pack
    filled above these limits is left as it is.
    """
    caps = limits.total_daily_cap_seconds * 1000, limits.practice_daily_cap_seconds * 1000
    if day.total_ms > caps[0] or day.practice_ms > caps[1]:
        return 0
    if mode in _ONLINE:
        later, own = day.total_ms - day.online_ms, limits.online_daily_cap_seconds * 1000 - day.online_ms
    elif mode is UnitMode.PRACTICE:
        later, own = day.total_ms - day.online_ms - day.practice_ms, caps[1] - day.practice_ms
    else:
        return 0
    return max(0, min(refused_ms, own, later))


def occupy(day: DayStanding, wall_from_ms: int, wall_to_ms: int, mode: UnitMode) -> DayStanding:
    """The day with this wall time taken and counted for `mode`."""
    return _counted(day, add(day.occupied, (wall_from_ms, wall_to_ms)), wall_to_ms - wall_from_ms, mode)


def vacate(day: DayStanding, wall_from_ms: int, wall_to_ms: int, mode: UnitMode) -> DayStanding:
    """The day with this wall time free again, as after a reversal."""
    return _counted(day, subtract(day.occupied, ((wall_from_ms, wall_to_ms),)), wall_from_ms - wall_to_ms, mode)


def covered_span(stretch: Stretch) -> tuple[int, int]:
    """What a stretch covers of its unit: its media, or its wall time where there is no media."""
    if stretch.media_from_ms is None or stretch.media_to_ms is None:
        return stretch.wall_from_ms, stretch.wall_to_ms
    return stretch.media_from_ms, stretch.media_to_ms


def split_refused(refused: Iterable[RefusedStretch]) -> tuple[RefusedPiece, ...]:
    """What the source already refused, cut at midnight."""
    return tuple(
        RefusedPiece(day=day, stretch=item.stretch.part(start, end), reason=item.reason)
        for item in refused
        for day, start, end in split_days(item.stretch.wall_from_ms, item.stretch.wall_to_ms)
    )


def judge_order(proposal: CreditProposal, open_from_ms: int | None) -> CreditProposal:
    """The proposal with everything before `open_from_ms` refused for its order (HRS-06: wall times are compared).

    None: the theory is not complete, so nothing counts yet. Only practice in a class that asks an order is judged.
    """
    if not proposal.gate or proposal.mode is not UnitMode.PRACTICE:
        return proposal
    kept: list[Stretch] = []
    early: list[Stretch] = []
    for stretch in proposal.stretches:
        cut = (
            stretch.wall_to_ms
            if open_from_ms is None
            else min(max(open_from_ms, stretch.wall_from_ms), stretch.wall_to_ms)
        )
        early += [stretch.part(stretch.wall_from_ms, cut)] if cut > stretch.wall_from_ms else []
        kept += [stretch.part(cut, stretch.wall_to_ms)] if cut < stretch.wall_to_ms else []
    refused = tuple(RefusedStretch(stretch=stretch, reason=ReasonCode.ORDER_GATE) for stretch in early)
    return replace(proposal, stretches=tuple(kept), refused=proposal.refused + refused)


def opened_at(required_ms: int, credited: Sequence[Stretch], seen_again: Sequence[Stretch] = ()) -> int | None:
    """The wall instant at which one unit was first learnt to `required_ms`; None: not yet.

    `seen_again` was refused because its media is credited: where it was watched earlier than what was credited (it came
    in later), the earlier time counts, so that the order of arrival does not move the instant.
    """
    missing = required_ms
    if missing <= 0:
        return 0
    worth = union(covered_span(stretch) for stretch in credited)
    if total(worth) < missing:
        return None
    learnt: Spans = ()
    for stretch in sorted((*credited, *seen_again), key=_by_wall):
        begin, end = covered_span(stretch)
        for start, stop in _first_time((begin, end), worth, learnt):
            if missing <= stop - start:
                return stretch.wall_from_ms + start - begin + missing
            missing -= stop - start
            learnt = add(learnt, (start, stop))
    return None


def _first_time(span: tuple[int, int], worth: Spans, learnt: Spans) -> Spans:
    """The parts of `span` that are credited and were not learnt before it."""
    credited = [(start, stop) for start, stop, inside in walk(span, worth) if inside]
    return tuple((start, stop) for part in credited for start, stop, known in walk(part, learnt) if not known)


def _by_wall(stretch: Stretch) -> tuple[int, int, int]:
    return stretch.wall_from_ms, stretch.wall_to_ms, stretch.media_from_ms or 0


def _counted(day: DayStanding, occupied: Spans, more_ms: int, mode: UnitMode) -> DayStanding:
    return DayStanding(
        occupied=occupied,
        online_ms=day.online_ms + (more_ms if mode in _ONLINE else 0),
        practice_ms=day.practice_ms + (more_ms if mode is UnitMode.PRACTICE else 0),
        total_ms=day.total_ms + more_ms,
    )


def _clip_days(desk: _Desk, stretch: Stretch) -> None:
    """Each day's part is judged by that day's own standing."""
    for day, start, end in split_days(stretch.wall_from_ms, stretch.wall_to_ms):
        _clip_wall(desk, day, stretch.part(start, end))


def _clip_wall(desk: _Desk, day: date, stretch: Stretch) -> None:
    """Parts whose wall time is already credited are refused; the rest goes on to the media."""
    wall = (stretch.wall_from_ms, stretch.wall_to_ms)
    for start, end, used in walk(wall, desk.days[day].occupied):
        part = stretch.part(start, end)
        if used:
            _refuse(desk, day, part, ReasonCode.OVER_WALL_CLOCK)
        else:
            _clip_media(desk, day, part)


def _clip_media(desk: _Desk, day: date, stretch: Stretch) -> None:
    """Parts whose media is already credited are refused; the rest goes on to the limits."""
    if stretch.media_from_ms is None:
        _clip_limits(desk, day, stretch)
        return
    shift = stretch.wall_from_ms - stretch.media_from_ms
    for start, end, seen in walk(covered_span(stretch), desk.covered):
        part = stretch.part(start + shift, end + shift)
        if seen:
            _refuse(desk, day, part, ReasonCode.DUP_MEDIA)
        else:
            _clip_limits(desk, day, part)


def _clip_limits(desk: _Desk, day: date, stretch: Stretch) -> None:
    """The first part that fits filed length, online share and the day's caps is credited, the rest refused."""
    start, end = stretch.wall_from_ms, stretch.wall_to_ms
    filed = end if desk.unit_limit_ms is None else min(end, start + max(0, desk.unit_limit_ms - desk.covered_ms))
    shared = filed if desk.share_left_ms is None else min(filed, start + desk.share_left_ms)
    fits = min(shared, start + daily_room_ms(desk.mode, desk.days[day], desk.limits))
    if fits > start:
        _credit(desk, day, stretch.part(start, fits))
    if shared > fits:
        _refuse(desk, day, stretch.part(fits, shared), ReasonCode.DAILY_CAP)
    if filed > shared:
        _refuse(desk, day, stretch.part(shared, filed), ReasonCode.MIX_CAP)
    if end > filed:
        _refuse(desk, day, stretch.part(filed, end), ReasonCode.OVER_LENGTH)


def _credit(desk: _Desk, day: date, stretch: Stretch) -> None:
    desk.days[day] = occupy(desk.days[day], stretch.wall_from_ms, stretch.wall_to_ms, desk.mode)
    desk.covered = add(desk.covered, covered_span(stretch))
    desk.covered_ms += stretch.length_ms
    if desk.share_left_ms is not None:
        desk.share_left_ms -= stretch.length_ms
    desk.credited.append(Piece(day=day, stretch=stretch))


def _refuse(desk: _Desk, day: date, stretch: Stretch, reason: ReasonCode) -> None:
    desk.refused.append(RefusedPiece(day=day, stretch=stretch, reason=reason))


def _join(desk: _Desk, before: Stretch | None, after: Stretch) -> None:
    """Credits the hole between two stretches played in one go: the media that a page lost between two samples, put on
    the wall time right after the earlier one. What of it can't be credited was never asked, so it leaves no refusal."""
    if before is None or before.media_to_ms is None or after.media_from_ms is None:
        return
    hole = after.media_from_ms - before.media_to_ms
    pause = after.wall_from_ms - before.wall_to_ms
    if not 0 < hole <= pause <= desk.limits.join_gap_ms:
        return
    refused, covered = len(desk.refused), desk.covered_ms
    start = before.wall_to_ms
    _clip_days(
        desk,
        Stretch(
            wall_from_ms=start,
            wall_to_ms=start + hole,
            media_from_ms=before.media_to_ms,
            media_to_ms=after.media_from_ms,
        ),
    )
    del desk.refused[refused:]
    desk.joined_ms += desk.covered_ms - covered
