"""Pure judgements on media: playlists, captions, ffmpeg's words, part sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from media.data import CaptionsInvalid, MediaError

MEBIBYTE = 1 << 20
LARGEST_UPLOAD = 8 * 1024 * MEBIBYTE
LONGEST_VIDEO_MS = 6 * 3600 * 1000
SHORTEST_VIDEO_MS = 1000
MOST_PARTS = 1000


# --- uploads --------------------------------------------------------------------------------------------------------


def part_size_for(size: int) -> int:
    """Bytes per part: 8 MiB, doubled until at most 1000 parts are needed (S3 wants 5 MiB at least, 10000 at most)."""
    part = 8 * MEBIBYTE
    while -(-size // part) > MOST_PARTS:
        part *= 2
    return part


def parts_total(size: int, part_size: int) -> int:
    return -(-size // part_size)


# --- packaged playlists ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One media segment; `length` is the EXTINF text as ffmpeg wrote it, so that nothing is rounded twice."""

    name: str
    length: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One packaged quality. Names are relative to the asset's prefix."""

    name: str
    width: int
    height: int
    bandwidth: int
    codecs: str
    init: str
    segments: tuple[Segment, ...]


class PlaylistBroken(ValueError):
    """A media playlist that ffmpeg should not have written."""


_INIT = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')
_EXTINF = re.compile(r"#EXTINF:(\d+(?:\.\d+)?),")


def parse_playlist(text: str) -> tuple[str, tuple[Segment, ...]]:
    """The init file and the segments of a finished media playlist. Raises PlaylistBroken."""
    if "#EXT-X-ENDLIST" not in text:
        raise PlaylistBroken("the playlist has no end")
    init = _INIT.search(text)
    if init is None:
        raise PlaylistBroken("the playlist names no init file")
    segments: list[Segment] = []
    length = ""
    for line in text.splitlines():
        found = _EXTINF.match(line)
        if found:
            length = found[1]
        elif line and not line.startswith("#"):
            if not length:
                raise PlaylistBroken(f"segment {line} has no length")
            segments.append(Segment(name=line, length=length))
            length = ""
    if not segments:
        raise PlaylistBroken("the playlist has no segment")
    return init[1], tuple(segments)


def duration_ms(segments: Sequence[Segment]) -> int:
    """The true length: the sum of all EXTINF, rounded down to the millisecond once."""
    return int(sum((Decimal(segment.length) for segment in segments), Decimal(0)) * 1000)


def master_playlist(renditions: Sequence[Rendition], address: Callable[[Rendition], str]) -> str:
    """The playlist of qualities, lowest first, so that a weak network starts with the smallest."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in sorted(renditions, key=lambda r: r.bandwidth):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={rendition.bandwidth},"
            f'RESOLUTION={rendition.width}x{rendition.height},CODECS="{rendition.codecs}"'
        )
        lines.append(address(rendition))
    return "\n".join(lines) + "\n"


def media_playlist(rendition: Rendition, address: Callable[[str], str]) -> str:
    """The playlist of one quality, each file under the address that `address` gives to its name."""
    longest = max(int(Decimal(segment.length) + 1) for segment in rendition.segments)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{address(rendition.init)}"',
    ]
    for segment in rendition.segments:
        lines += [f"#EXTINF:{segment.length},", address(segment.name)]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What an fMP4 init file says of its picture track."""

    width: int
    height: int
    codec: str


def read_init(data: bytes) -> Picture:
    """Size and codec from the `avc1` and `avcC` boxes. Raises PlaylistBroken."""
    entry, record = data.find(b"avc1"), data.find(b"avcC")
    if entry < 0 or record < 0 or len(data) < max(entry + 32, record + 8):
        raise PlaylistBroken("the init file has no H.264 track")
    return Picture(
        width=int.from_bytes(data[entry + 28 : entry + 30], "big"),
        height=int.from_bytes(data[entry + 30 : entry + 32], "big"),
        codec="avc1." + data[record + 5 : record + 8].hex(),
    )


def peak_bandwidth(segments: Sequence[Segment], sizes: Sequence[int]) -> int:
    """The largest bit rate of any segment, in bits a second, as BANDWIDTH wants it."""
    rates = (
        int(Decimal(size * 8) / max(Decimal(segment.length), Decimal("0.5")))
        for segment, size in zip(segments, sizes, strict=True)
    )
    return max(rates)


# --- what ffmpeg says -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What `ffmpeg -i` says of a source. `declared_ms` is what the container claims; 0 when it claims nothing.

    `sound_plays_everywhere`: the first sound track is AAC-LC at a modest rate already and need not be encoded again.
    """

    declared_ms: int
    has_picture: bool
    has_sound: bool
    sound_plays_everywhere: bool = False


_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d)\.(\d\d)")
_SOUND_RATE = re.compile(r"(\d+) kb/s")
MOST_SOUND_KBPS = 128
_STREAM = re.compile(r"Stream #\d+:\d+.*?: (Video|Audio): (.*)")


_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})


def read_source(text: str, *, head: bytes) -> SourceFacts | MediaError:
    """What the file is, from ffmpeg's own description of it and its first bytes, or why it is no video.

    ffmpeg believes a name that ends in .mp4, so a renamed text also "lacks its moov atom": the first bytes decide.
    """
    if "Input #0" not in text:
        cut_short = "moov atom not found" in text and head[4:8] in _BOXES
        return MediaError.TRUNCATED if cut_short else MediaError.NOT_A_VIDEO
    kinds = [(m[1], m[2]) for m in _STREAM.finditer(text)]
    # A cover picture inside a sound file is no picture track.
    picture = any(kind == "Video" and "attached pic" not in rest for kind, rest in kinds)
    if not picture:
        return MediaError.NO_PICTURE if kinds else MediaError.NOT_A_VIDEO
    found = _DURATION.search(text)
    declared = 0
    if found:
        hours, minutes, seconds, hundredths = (int(part) for part in found.groups())
        declared = ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10
    if declared > LONGEST_VIDEO_MS:
        return MediaError.TOO_LONG
    sounds = [rest for kind, rest in kinds if kind == "Audio"]
    return SourceFacts(
        declared_ms=declared,
        has_picture=True,
        has_sound=bool(sounds),
        sound_plays_everywhere=bool(sounds) and _plays_everywhere(sounds[0]),
    )


def _plays_everywhere(sound: str) -> bool:
    rate = _SOUND_RATE.search(sound)
    return sound.startswith("aac (LC)") and rate is not None and int(rate[1]) <= MOST_SOUND_KBPS


def judge_length(*, declared_ms: int, packaged_ms: int) -> MediaError | None:
    """Whether what came out is as long as what the file claims: a file that breaks off claims more."""
    if packaged_ms < SHORTEST_VIDEO_MS:
        return MediaError.TOO_SHORT if declared_ms < SHORTEST_VIDEO_MS * 2 else MediaError.TRUNCATED
    if packaged_ms > LONGEST_VIDEO_MS:
        return MediaError.TOO_LONG
    slack = max(3000, declared_ms // 50)
    return MediaError.TRUNCATED if declared_ms - packaged_ms > slack else None


# --- captions -------------------------------------------------------------------------------------------------------

_TIME = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]\d)[.,](\d{3})"
_CUE = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(.*)$")
_TAG = re.compile(r"</?(?:font|span|div|script|style|a)\b[^>]*>", re.IGNORECASE)
LARGEST_CAPTIONS = 2 * MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    from_ms: int
    to_ms: int
    text: str


def decode_captions(data: bytes) -> str:
    """The file's text: UTF-8 (with or without mark), UTF-16 with mark, or GB 18030. Raises CaptionsInvalid."""
    if len(data) > LARGEST_CAPTIONS:
        raise CaptionsInvalid("too_large")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise CaptionsInvalid("not_text")


def parse_captions(text: str) -> tuple[Cue, ...]:
    """The cues of a WebVTT or SubRip text in order of time. Raises CaptionsInvalid naming the line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cues: list[Cue] = []
    at = 0
    while at < len(lines):
        found = _CUE.match(lines[at])
        if found is None:
            if "-->" in lines[at]:
                raise CaptionsInvalid("bad_time", line=at + 1, text=lines[at].strip()[:60])
            at += 1
            continue
        start, end = _ms(found.groups()[:4]), _ms(found.groups()[4:8])
        if end <= start:
            raise CaptionsInvalid("bad_time", line=at + 1, text=lines[at].strip()[:60])
        at += 1
        body: list[str] = []
        while at < len(lines) and lines[at].strip():
            body.append(_TAG.sub("", lines[at]).replace("-->", "→"))
            at += 1
        if body:
            cues.append(Cue(from_ms=start, to_ms=end, text="\n".join(body)))
    if not cues:
        raise CaptionsInvalid("no_cue")
    return tuple(sorted(cues, key=lambda cue: (cue.from_ms, cue.to_ms)))


def webvtt(cues: Sequence[Cue]) -> str:
    """The cues as a WebVTT file."""
    blocks = ["WEBVTT"]
    blocks += [f"{_clock(cue.from_ms)} --> {_clock(cue.to_ms)}\n{cue.text}" for cue in cues]
    return "\n\n".join(blocks) + "\n"


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
