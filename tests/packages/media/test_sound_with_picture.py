"""Each segment holds the sound of its own pictures, however slowly the pictures follow one another."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from media import ffmpeg
from media.rules import SourceFacts
from tests.packages.media.conftest import run_ffmpeg

_CONTAINERS = {"moov", "trak", "mdia", "moof", "traf"}


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every box of an MP4, containers opened, in the order of the file."""
    place = 0
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body, name = data[place + 8 : place + size], kind.decode()
        yield from boxes(body) if name in _CONTAINERS else ((name, body),)
        place += size


def timescales(init: Path) -> list[int]:
    return [int(struct.unpack(">I", body[12:16])[0]) for name, body in boxes(init.read_bytes()) if name == "mdhd"]


def starts(segment: Path, scales: list[int]) -> list[float]:
    """Where each track of the segment begins, in seconds."""
    times = [int.from_bytes(body[4:], "big") for name, body in boxes(segment.read_bytes()) if name == "tfdt"]
    return [time / scale for time, scale in zip(times, scales, strict=True)]


@pytest.mark.parametrize("sound_as_it_is", [True, False])
@pytest.mark.parametrize(("rate", "slides", "gop"), [("1/2", True, 20), ("25", False, 6)])
def test_sound_and_picture_of_a_segment_begin_together(
    tmp_path: Path, rate: str, slides: bool, gop: int, sound_as_it_is: bool
) -> None:
    source = tmp_path / "lesson.mp4"
    run_ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s=320x180:r={rate}", "-f", "lavfi", "-i", "sine=440:sample_rate=22050",
        "-t", str(5 * gop), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1",
        str(source),
    )  # fmt: skip
    facts = SourceFacts(declared_ms=5000 * gop, has_picture=True, has_sound=True, sound_plays_everywhere=sound_as_it_is)
    ffmpeg.run(ffmpeg.package_arguments(source, tmp_path / "out", facts, slides=slides), tick=lambda _ms: None)
    for quality in ffmpeg.QUALITIES:
        folder = tmp_path / "out" / quality.name
        scales = timescales(folder / "init.mp4")
        segments = sorted(folder.glob("*.m4s"))
        assert len(segments) == 5
        for number, segment in enumerate(segments):
            picture, sound = starts(segment, scales)
            assert picture == number * gop
            assert abs(sound - picture) < 0.1
