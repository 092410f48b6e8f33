"""What settling remembers of a session, and what can be told from it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lms.lib.intervals import Span, subtract, total, union
from lms.lib.localday import day_number
from lms.player.data import Played
from lms.player.timeline import PlayState

PENDING_FOR_MS = 120_000


class Memory(msgspec.Struct, omit_defaults=True):
    """`media`: every span of the video that this session has sealed. `base`: what the ledger held for the unit when the
    session opened. `recent`: sealings of the last two minutes as (server ms, new media ms). `left_ms` of `day`: what
    the daily cap still allows, as far as sealing knows; -1: not known. `unproven`: kept and waiting for a presence
    check (always empty where the class has none).
    """

    play: PlayState = msgspec.field(default_factory=PlayState)
    media: list[Span] = []
    base: list[Span] = []
    recent: list[tuple[int, int]] = []
    last_media_ms: int = -1
    day: int = 0
    left_ms: int = -1
    unproven: list[Played] = []


def remember(memory: Memory, sealed: Sequence[Played], *, now_ms: int) -> None:
    """The memory holds what was sealed."""
    day = day_number(now_ms)
    known = union([*memory.base, *memory.media])
    media = [stretch.media for stretch in sealed]
    added = total(union(subtract(media, known)))
    memory.media = list(union([*memory.media, *media]))
    memory.recent = [(at, length) for at, length in memory.recent if at > now_ms - PENDING_FOR_MS]
    if added:
        memory.recent.append((now_ms, added))
    if sealed:
        memory.last_media_ms = sealed[-1].media_to_ms
    if memory.day != day:
        memory.day, memory.left_ms = day, -1
    elif memory.left_ms >= 0:
        memory.left_ms = max(0, memory.left_ms - added)


def pending_ms(memory: Memory, credited_ms: int) -> int:
    """Sealed of late and not yet in the ledger. What the ledger has not taken after two minutes it has refused."""
    known = union([*memory.base, *memory.media])
    posting = max(0, min(total(known) - credited_ms, sum(length for _, length in memory.recent)))
    return (
        posting + total(subtract([stretch.media for stretch in memory.unproven], known)) if memory.unproven else posting
    )


decode = msgspec.json.Decoder(Memory).decode
encode = msgspec.json.Encoder().encode
