"""One ffmpeg run: its arguments, its progress, its end. ffmpeg is a separate program (GPL) and is only called."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import imageio_ffmpeg

from media.rules import SourceFacts

# Demuxers of real container files only: a playlist or a concat list in disguise could make ffmpeg read other files.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg"
KEYFRAME_SECONDS = 6
SLIDE_KEYFRAME_SECONDS = 20
# Pictures of slides leave the encoder half a minute late. A muxer that does not wait for them (10 s by default) puts
# sound into segments of earlier pictures, and players stand still. Not endless: sound may end early, packets pile up.
_INTERLEAVE_SECONDS = 300
_STALLED_AFTER = 300.0
_LAUNCH = Path(__file__).resolve().parents[1] / "lms" / "config" / "engines" / "launch.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """One rendition to make. `short_side` is the height of a wide picture, the width of a tall one."""

    name: str
    short_side: int
    rate_factor: int
    most_kbps: int
    sound_kbps: int
    profile: str


QUALITIES = (
    Quality(name="360p", short_side=360, rate_factor=27, most_kbps=700, sound_kbps=64, profile="baseline"),
    Quality(name="720p", short_side=720, rate_factor=25, most_kbps=2200, sound_kbps=96, profile="main"),
)


class FfmpegFailed(RuntimeError):
    """ffmpeg ended with an error; the text is its last words."""


class FfmpegStalled(FfmpegFailed):
    """ffmpeg made no progress for minutes and was ended."""


def describe(source: Path) -> str:
    """What ffmpeg says of the file."""
    asked = subprocess.run(
        _program("-nostdin", "-hide_banner", *_input(source)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    return asked.stderr.decode("utf-8", "replace")


def package_arguments(source: Path, out: Path, facts: SourceFacts, *, slides: bool) -> list[str]:
    """Both qualities in one pass over the source, cut at the same key frames.

    No B-frames: the first picture then has time 0 in every player, and cheap phones decode with less effort.
    """
    gop = SLIDE_KEYFRAME_SECONDS if slides else KEYFRAME_SECONDS
    labels = "".join(f"[v{number}]" for number in range(len(QUALITIES)))
    graph = [f"[0:v:0]format=yuv420p,split={len(QUALITIES)}{labels}"]
    graph += [f"[v{n}]{_scale(quality.short_side)}[o{n}]" for n, quality in enumerate(QUALITIES)]
    arguments = [*_input(source), "-filter_complex_threads", "1", "-filter_complex", ";".join(graph)]
    for number, quality in enumerate(QUALITIES):
        arguments += ["-map", f"[o{number}]"]
        if facts.has_sound:
            arguments += ["-map", "0:a:0", *_sound(quality, facts)]
        arguments += [
            *("-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-profile:v", quality.profile),
            *("-crf", str(quality.rate_factor), "-maxrate", f"{quality.most_kbps}k"),
            *("-bufsize", f"{quality.most_kbps * 2}k", "-bf", "0", "-rc-lookahead", "10", "-sc_threshold", "0"),
            *("-g", "100000", "-force_key_frames", f"expr:gte(t,n_forced*{gop})", "-fpsmax", "30"),
            *(("-tune", "stillimage") if slides else ()),
            *("-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"),
            *("-max_interleave_delta", str(_INTERLEAVE_SECONDS * 1_000_000)),
            *("-f", "hls", "-hls_time", str(gop), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"),
            *("-hls_flags", "independent_segments", "-hls_fmp4_init_filename", "init.mp4"),
            *("-hls_segment_filename", str(out / quality.name / "%05d.m4s"), str(out / quality.name / "index.m3u8")),
        ]
        (out / quality.name).mkdir(parents=True, exist_ok=True)
    return arguments


def _sound(quality: Quality, facts: SourceFacts) -> tuple[str, ...]:
    """Encoding sound costs more than the picture of a slide lesson, so sound that plays everywhere stays as it is."""
    if facts.sound_plays_everywhere:
        return ("-c:a", "copy")
    return ("-c:a", "aac", "-b:a", f"{quality.sound_kbps}k", "-ac", "2", "-ar", "44100")


def poster_arguments(source: Path, poster: Path, *, at_ms: int) -> list[str]:
    """One still picture of the source."""
    seek = ("-ss", f"{at_ms // 1000}.{at_ms % 1000:03d}")
    return [*seek, *_input(source), "-frames:v", "1", "-vf", _scale(720), "-q:v", "5", "-y", str(poster)]


def run(arguments: Sequence[str], *, tick: Callable[[int], None]) -> None:
    """ffmpeg has ended well. `tick` hears the packaged milliseconds about every second; what it raises ends ffmpeg.

    Raises FfmpegFailed, FfmpegStalled.
    """
    quiet = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-nostats")
    command = _program(*quiet, "-progress", "pipe:1", "-stats_period", "1", *arguments)
    with TemporaryFile() as words:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words)
        try:
            _follow(child, tick)
            code = child.wait(timeout=60)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if code != 0:
            raise FfmpegFailed(_last_words(words))


def _follow(child: subprocess.Popen[bytes], tick: Callable[[int], None]) -> None:
    if child.stdout is None:
        raise FfmpegFailed("no progress pipe")
    done_ms, moved = 0, time.monotonic()
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        buffer = b""
        while True:
            if waiting.select(timeout=5.0):
                read = os.read(child.stdout.fileno(), 65536)
                if not read:
                    return
                *lines, buffer = (buffer + read).split(b"\n")
                reached = max([done_ms, *(_milliseconds(line) for line in lines)])
                if reached > done_ms:
                    done_ms, moved = reached, time.monotonic()
            tick(done_ms)
            if time.monotonic() - moved > _STALLED_AFTER:
                raise FfmpegStalled("no progress for 5 minutes")


def _milliseconds(line: bytes) -> int:
    name, _, value = line.strip().partition(b"=")
    return int(value) // 1000 if name == b"out_time_us" and value.lstrip(b"-").isdigit() else 0


def _last_words(words: object) -> str:
    words.seek(0, os.SEEK_END)  # type: ignore[attr-defined]
    words.seek(max(0, words.tell() - 2000))  # type: ignore[attr-defined]
    text: str = words.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
    return text


def _input(source: Path) -> tuple[str, ...]:
    return ("-protocol_whitelist", "file", "-format_whitelist", CONTAINERS, "-threads", "1", "-i", str(source))


def _scale(short_side: int) -> str:
    """Keeps the shape, makes both sides even."""
    wide, tall = f"if(gte(iw,ih),-2,{short_side})", f"if(gte(iw,ih),{short_side},-2)"
    return f"scale=w='{wide}':h='{tall}':flags=bicubic,setsar=1"


def _program(*arguments: str) -> list[str]:
    """ffmpeg, polite to everybody else, and gone when the worker is killed."""
    launch = (sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(int(signal.SIGKILL)), "same", "--")
    return [*launch, "nice", "-n", "10", imageio_ffmpeg.get_ffmpeg_exe(), *arguments]
