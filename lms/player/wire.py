"""What travels: heartbeats from pages (JSON), arrivals on the stream (msgpack), and the news that settling publishes.

Strict at the edge: unknown fields and wrong types are refused. Figures that make no sense are not refused here but
judged, each beat alone, so that one bad beat never holds back its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec

from lms.player.data import Beat

MOST_BEATS = 200
LARGEST_BODY = 64 * 1024
_LARGE = 2**53

Whole = Annotated[int, msgspec.Meta(ge=-_LARGE, le=_LARGE)]
Boot = Annotated[str, msgspec.Meta(min_length=1, max_length=36, pattern=r"^[A-Za-z0-9._:-]+$")]
Why = Annotated[str, msgspec.Meta(max_length=16)]


class WireBeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One closed stretch of watching. `from_ms`/`to_ms`: the page's monotonic clock; `from_s`/`to_s`: the video."""

    boot: Boot
    seq: Whole
    from_ms: float
    to_ms: float
    from_s: float
    to_s: float
    rate: float
    why: Why


class Heartbeats(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """`sent_ms` is the page's monotonic clock when this left; `sent_boot` names the boot it is measured in."""

    token: Annotated[str, msgspec.Meta(max_length=600)]
    sent_ms: float
    beats: Annotated[list[WireBeat], msgspec.Meta(max_length=MOST_BEATS)]
    sent_boot: Annotated[str, msgspec.Meta(max_length=36)] = ""


class StreamBeat(msgspec.Struct, frozen=True, array_like=True, gc=False):
    boot: str
    seq: int
    from_ms: float
    to_ms: float
    from_s: float
    to_s: float
    rate: float
    why: str


class Arrival(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One accepted message as the stream keeps it: the token's claims, the server's clock, the beats."""

    session: bytes
    learner_id: int
    received_ms: int
    sent_ms: float
    sent_boot: str
    beats: list[StreamBeat]


class CheckNews(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A presence check that waits to be shown: its id, how it is answered and how long that may take."""

    check: str
    method: str
    answer_seconds: int


class Settled(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """News of one session for the fronts: what a heartbeat's answer tells. None: not known."""

    session: bytes
    settled_seq: int | None = None
    credited_seconds: int | None = None
    pending_seconds: int | None = None
    verdicts: list[tuple[str, int, str]] | None = None
    prompt: str | None = None
    check: CheckNews | None = None


heartbeats = msgspec.json.Decoder(Heartbeats, strict=True)
arrival_encoder = msgspec.msgpack.Encoder()
arrivals = msgspec.msgpack.Decoder(list[msgspec.Raw])
arrival = msgspec.msgpack.Decoder(Arrival)
news = msgspec.msgpack.Decoder(list[Settled])
one_news = msgspec.msgpack.Decoder(Settled)


def pack(messages: Sequence[bytes]) -> bytes:
    """Encoded messages as one msgpack array, as `arrivals` reads it."""
    return b"\xdd" + len(messages).to_bytes(4, "big") + b"".join(messages)


def read_beats(message: Arrival) -> list[Beat]:
    """The beats of an arrival as whole milliseconds; figures beyond reason become -1, which no judge accepts."""
    sent = whole_ms(message.sent_ms, 1)
    return [
        Beat(
            beat.boot,
            beat.seq,
            whole_ms(beat.from_ms, 1),
            whole_ms(beat.to_ms, 1),
            whole_ms(beat.from_s, 1000),
            whole_ms(beat.to_s, 1000),
            whole_ms(beat.rate, 1000),
            beat.why,
            sent,
            message.received_ms,
            message.sent_boot,
        )
        for beat in message.beats
    ]


def whole_ms(figure: float, scale: int) -> int:
    """`figure * scale` rounded to whole, halves up; -1 where it is not finite or beyond reason.

    Both ends of touching beats round alike, so that they still touch.
    """
    if not -1e15 < figure < 1e15:
        return -1
    return math.floor(figure * scale + 0.5)
