"""Judging one beat. Pure: what a page says is placed on the server's clock and cut to what can be true.

Rule source: domain 1.2 (wall clock, seek, speed, heartbeat). Only the server's clock earns time: every cut below
lowers what the page claims, and nothing a page can say widens it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lms.hours.data import HourLimits
from lms.player.data import Beat, Judged, Played, Refused, Standpoint, Verdict

MOST_MS = 2**53
MOST_MEDIA_MS = 10**9
MOST_SEQ = 2**31 - 1
WORTH_TELLING_MS = 1000
STALLED_MS = 60_000
FOREIGN_CLOCK_MS = 10**11

OVER_WALL_CLOCK = "over_wall_clock"
OUT_OF_WINDOW = "out_of_window"
SPEED_CLIP = "speed_clip"
SUPERSEDED = "superseded"
NO_PRESENCE = "no_presence"

_WORDS = {OVER_WALL_CLOCK: Verdict.TOO_LATE, OUT_OF_WINDOW: Verdict.OUT_OF_WINDOW, SUPERSEDED: Verdict.SUPERSEDED}


def judge_beat(beat: Beat, session: Standpoint, limits: HourLimits) -> Judged:
    """The part of `beat` that stands on the server's clock, alone, without a look at any other beat.

    More media than time keeps the first part that fits. Wall and media are cut together, so the kept stretch always
    has as much of one as of the other.
    """
    if not is_sane(beat):
        return Judged(None, Verdict.MALFORMED, ())
    asked = beat.media_to_ms - beat.media_from_ms
    if not asked or beat.from_ms == beat.to_ms:
        return Judged(None, Verdict.EMPTY, ())
    fits = _media_that_fits(beat, limits)
    too_fast = is_too_fast(beat, limits)
    start = session.offset_ms + beat.from_ms
    kept: Played | None = Played(start, beat.media_from_ms, fits) if fits else None
    refused: list[Refused] = []
    surplus = min(beat.media_to_ms, session.session.unit_ms) - beat.media_from_ms - fits
    if too_fast and surplus > 0:
        end = start + beat.to_ms - beat.from_ms
        refused.append(Refused(SPEED_CLIP, Played(end, beat.media_from_ms + fits, surplus)))
    kept = _within_unit(kept, session.session.unit_ms)
    over_end = kept is None
    for reason, low, high in _bounds(beat, session):
        if kept is None:
            break
        kept = _within(kept, low, high, reason, refused)
    length = kept.length_ms if kept else 0
    return Judged(kept, _verdict(beat, kept, length, asked, too_fast, over_end, refused, limits), tuple(refused))


def is_sane(beat: Beat) -> bool:
    """Whether the numbers can describe a stretch of watching at all."""
    return (
        0 <= beat.from_ms <= beat.to_ms <= MOST_MS
        and 0 <= beat.media_from_ms <= beat.media_to_ms <= MOST_MEDIA_MS
        and 0 <= beat.seq <= MOST_SEQ
        and 0 < beat.rate_milli <= 100_000
        and 0 <= beat.sent_ms <= MOST_MS
    )


def is_too_fast(beat: Beat, limits: HourLimits) -> bool:
    """Played faster than allowed, by its own word or by its figures (with the slack that clocks need)."""
    wall = beat.to_ms - beat.from_ms
    asked = beat.media_to_ms - beat.media_from_ms
    return beat.rate_milli > limits.max_rate_milli or asked * 1000 > (
        wall * limits.max_rate_milli + limits.rate_slack_ms * 1000
    )


def _media_that_fits(beat: Beat, limits: HourLimits) -> int:
    """Speed never gains: as much media as wall; a rate above the allowed one divides the media by it."""
    asked = beat.media_to_ms - beat.media_from_ms
    fits = min(asked, beat.to_ms - beat.from_ms)
    if beat.rate_milli > limits.max_rate_milli:
        fits = min(fits, asked * limits.max_rate_milli // beat.rate_milli)
    return fits


def _within_unit(kept: Played | None, unit_ms: int) -> Played | None:
    if kept is None or kept.media_from_ms >= unit_ms:
        return None
    if kept.media_to_ms <= unit_ms:
        return kept
    return Played(kept.wall_from_ms, kept.media_from_ms, unit_ms - kept.media_from_ms)


def _bounds(beat: Beat, view: Standpoint) -> Iterable[tuple[str, int, int]]:
    session = view.session
    yield OVER_WALL_CLOCK, max(session.started_ms, view.floor_ms), beat.received_ms
    if session.superseded_ms is not None:
        yield SUPERSEDED, 0, session.superseded_ms
    yield OUT_OF_WINDOW, session.window_from_ms, session.window_to_ms


def _within(kept: Played, low: int, high: int, reason: str, refused: list[Refused]) -> Played | None:
    """`kept` inside wall `[low, high)`; what falls off in media worth telling is added to `refused`."""
    head = min(max(low - kept.wall_from_ms, 0), kept.length_ms)
    tail = min(max(kept.wall_to_ms - high, 0), kept.length_ms - head)
    if not head and not tail:
        return kept
    if head >= WORTH_TELLING_MS:
        refused.append(Refused(reason, Played(low - head, kept.media_from_ms, head)))
    if tail >= WORTH_TELLING_MS:
        refused.append(Refused(reason, Played(high, kept.media_to_ms - tail, tail)))
    return cut(kept, head, kept.length_ms - tail)


def cut(stretch: Played, start: int, end: int) -> Played | None:
    """The part of a stretch between two distances from its beginning; None if nothing is left."""
    if end <= start:
        return None
    return Played(stretch.wall_from_ms + start, stretch.media_from_ms + start, end - start)


def _verdict(
    beat: Beat,
    kept: Played | None,
    length: int,
    asked: int,
    too_fast: bool,
    over_end: bool,
    refused: Sequence[Refused],
    limits: HourLimits,
) -> Verdict:
    if kept is None:
        if over_end:
            return Verdict.TOO_FAST if too_fast else Verdict.CLIPPED
        return _WORDS[refused[-1].reason] if refused and refused[-1].reason in _WORDS else Verdict.TOO_LATE
    if too_fast:
        return Verdict.TOO_FAST
    if length < asked:
        return Verdict.CLIPPED
    return Verdict.LATE_SYNC if beat.received_ms - kept.wall_to_ms > grace_ms(limits) else Verdict.COUNTED


def grace_ms(limits: HourLimits) -> int:
    """How old a beat may be on arrival before it counts as sent late: two beats and the slack."""
    return 2000 * limits.heartbeat_seconds + limits.rate_slack_ms


def floor_for(received_ms: int, contacts: Sequence[int], limits: HourLimits) -> int:
    """The earliest instant that a message received now may speak of (domain 1.2, heartbeat).

    A late beat counts only between the session's last contact and its receipt, at most `late_beat_limit_seconds`.
    Contacts within the grace do not raise the floor: they are the live rhythm, or parts of the same catching up.
    A contact is known no better than the slack: its message was on its way for a while.
    """
    before = [contact for contact in contacts if contact <= received_ms - grace_ms(limits)]
    return max(received_ms - limits.late_beat_limit_seconds * 1000, max(before, default=0) - limits.rate_slack_ms)


def place_clock(beats: Sequence[Beat], known: int | None, started_ms: int, limits: HourLimits) -> int:
    """Where the page clock of these beats (one message, one boot, all sane) stands on the server's clock.

    The first message fixes it, `rate_slack_ms` early to leave room for a quicker message later, yet not before the
    session's start. A quicker message pulls it back: nothing may end after its receipt. A jump forward by more than
    a minute is a page clock that stood still (sleep) and is fixed anew. A message sent under another boot's clock
    can't be measured: its beats keep the known place, or end at their receipt.
    """
    head = beats[0]
    first = min(beat.from_ms for beat in beats)
    last = max(beat.to_ms for beat in beats)
    measured = _is_measured(head, last)
    latest = head.received_ms - (head.sent_ms if measured else last)
    if known is None:
        return _early(latest, first, started_ms, limits)
    if not measured or head.sent_ms - last > limits.late_beat_limit_seconds * 1000:
        return known
    if latest - known > STALLED_MS:
        return _early(latest, first, started_ms, limits)
    return min(known, latest)


def _is_measured(head: Beat, last: int) -> bool:
    """Whether `sent_ms` is read off the clock that these beats ran on: same boot, not before them, not years after."""
    return head.sent_boot in ("", head.boot) and 0 <= head.sent_ms - last < FOREIGN_CLOCK_MS


def _early(latest: int, first: int, started_ms: int, limits: HourLimits) -> int:
    return min(latest, max(latest - limits.rate_slack_ms, started_ms - first))


def earliness(beats: Sequence[Beat], offset_ms: int, limits: HourLimits) -> int:
    """By how much these beats stand earlier than their own message would put them: 0 to the slack. The floor gives
    way by as much, so that an early place costs nothing."""
    head = beats[0]
    if not _is_measured(head, max(beat.to_ms for beat in beats)):
        return limits.rate_slack_ms
    return min(max(head.received_ms - head.sent_ms - offset_ms, 0), limits.rate_slack_ms)
