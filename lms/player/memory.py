"""What settling remembers of a session, and what can be told from it. Pure."""

from __future__ import annotations

import msgspec

from lms.lib.intervals import Span, subtract, total, union
from lms.lib.localday import day_number
from lms.player.timeline import Outcome, PlayState

PENDING_FOR_MS = 120_000


class Memory(msgspec.Struct, omit_defaults=True):
    """`media`: every span of the video that this session has sealed. `base`: what the ledger held for the unit when the
    session opened. `recent`: sealings of the last two minutes as (server ms, new media ms). `left_ms` of `day`: what
    the daily cap still allows, as far as sealing knows; -1: not known.
    """

    play: PlayState = msgspec.field(default_factory=PlayState)
    media: list[Span] = []
    base: list[Span] = []
    recent: list[tuple[int, int]] = []
    last_media_ms: int = -1
    day: int = 0
    left_ms: int = -1


def remember(memory: Memory, outcome: Outcome, *, now_ms: int) -> None:
    """The memory holds what the outcome sealed."""
    day = day_number(now_ms)
    known = union([*memory.base, *memory.media])
    sealed = [stretch.media for stretch in outcome.stretches]
    added = total(union(subtract(sealed, known)))
    memory.media = list(union([*memory.media, *sealed]))
    memory.recent = [(at, length) for at, length in memory.recent if at > now_ms - PENDING_FOR_MS]
    if added:
        memory.recent.append((now_ms, added))
    if outcome.stretches:
        memory.last_media_ms = outcome.stretches[-1].media_to_ms
    if memory.day != day:
        memory.day, memory.left_ms = day, -1
    elif memory.left_ms >= 0:
        memory.left_ms = max(0, memory.left_ms - added)


def pending_ms(memory: Memory, credited_ms: int) -> int:
    """Sealed of late and not yet in the ledger. What the ledger has not taken after two minutes it has refused."""
    expected = total(union([*memory.base, *memory.media]))
    return max(0, min(expected - credited_ms, sum(length for _, length in memory.recent)))


decode = msgspec.json.Decoder(Memory).decode
encode = msgspec.json.Encoder().encode
