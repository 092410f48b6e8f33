"""Real lesson footage: slides with Chinese type, a quiet tone, a running clock and captions.

One frame every two seconds and still pictures, so that 45 minutes are made and packaged in well under a minute.
"""

from __future__ import annotations

import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

LESSONS = Path(__file__).parent / "lessons"
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
BOLD = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
_SC_FACE = 2
_SIZE = (1280, 720)
_INK, _GREY, _BRAND, _PAPER, _LINE = "#17212b", "#4a5766", "#1d5680", "#f7f4ec", "#d9d3c4"
SECONDS_PER_FRAME = 2
TONE_SECONDS = 60  # encoded once and repeated: encoding 45 minutes of sound would cost more than all pictures
# The packaged length is floored to whole seconds; the tail keeps rounding in the container from costing the last one.
TAIL_MS = 600


class UnableToMakeFootage(RuntimeError):
    """ffmpeg failed, or the CJK font is missing (Debian: apt-get install fonts-noto-cjk)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    heading: str
    points: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    title: str
    teacher: str
    tone_hz: int
    slides: tuple[Slide, ...]


def read_lesson(code: str) -> Lesson:
    """The lesson written in `lessons/<code>.toml`."""
    raw = tomllib.loads((LESSONS / f"{code}.toml").read_text(encoding="utf-8"))
    slides = tuple(
        Slide(heading=item["heading"], points=tuple(item["points"]), said=tuple(item["said"])) for item in raw["slides"]
    )
    return Lesson(title=raw["title"], teacher=raw["teacher"], tone_hz=raw["tone_hz"], slides=slides)


def make_video(lesson: Lesson, *, seconds: int, folder: Path) -> Path:
    """An MP4 of the lesson, `seconds` long plus a tail of TAIL_MS, every slide equally long; whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    listing, tone, half_made = folder / "slides.txt", folder / "tone.m4a", folder / "lesson.part.mp4"
    listing.write_text(_listing(lesson, seconds, folder), encoding="utf-8")
    clock = (
        f"format=yuv420p,fps=1/{SECONDS_PER_FRAME},"
        f"drawtext=fontfile={FONT}:text='%{{pts\\:gmtime\\:0\\:%H\\\\\\:%M\\\\\\:%S}}':"
        "x=1100:y=662:fontsize=26:fontcolor=0x4a5766"
    )
    _run(
        "-f", "lavfi", "-i", f"sine=frequency={lesson.tone_hz}:sample_rate=22050", "-af", "volume=0.05",
        "-t", str(TONE_SECONDS), "-c:a", "aac", "-b:a", "48k", "-ac", "1", str(tone),
    )  # fmt: skip
    _run(
        "-f", "concat", "-safe", "0", "-i", str(listing), "-stream_loop", "-1", "-i", str(tone),
        "-vf", clock, "-t", f"{seconds}.{TAIL_MS:03d}",
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "stillimage", "-g", "5",
        "-c:a", "copy", "-movflags", "+faststart", str(half_made),
    )  # fmt: skip
    return half_made.rename(folder / "lesson.mp4")


def make_captions(lesson: Lesson, *, seconds: int) -> str:
    """The lesson's WebVTT captions: each slide's sentences, spread over the time it is shown."""
    blocks = ["WEBVTT\n"]
    share = seconds * 1000 // len(lesson.slides)
    for number, slide in enumerate(lesson.slides):
        step = share // len(slide.said)
        for place, sentence in enumerate(slide.said):
            start = number * share + place * step
            blocks.append(f"{_stamp(start)} --> {_stamp(start + min(step, 12_000))}\n{sentence}\n")
    return "\n".join(blocks)


def _listing(lesson: Lesson, seconds: int, folder: Path) -> str:
    share = (seconds * 1000 + TAIL_MS) // len(lesson.slides) + 1
    paths = [folder / f"{number:02d}.png" for number in range(1, len(lesson.slides) + 1)]
    for number, (slide, path) in enumerate(zip(lesson.slides, paths, strict=True), start=1):
        _draw(lesson, slide, number).save(path)
    lines = [line for path in paths for line in (f"file '{path}'", f"duration {share // 1000}.{share % 1000:03d}")]
    # The last picture is named once more, or ffmpeg drops its duration.
    return "\n".join([*lines, f"file '{paths[-1]}'", ""])


def _draw(lesson: Lesson, slide: Slide, number: int) -> Image.Image:
    image = Image.new("RGB", _SIZE, _PAPER)
    draw = ImageDraw.Draw(image)
    for x in range(0, _SIZE[0], 80):
        draw.line([(x, 0), (x, _SIZE[1])], fill="#f0ebdf")
    draw.rectangle([0, 0, _SIZE[0], 84], fill=_BRAND)
    draw.text((56, 22), lesson.title, font=_font(BOLD, 32), fill="white")
    draw.text((1224, 28), lesson.teacher, font=_font(FONT, 22), fill="#cfe1ef", anchor="ra")
    draw.text((56, 128), slide.heading, font=_font(BOLD, 50), fill=_INK)
    draw.line([(56, 206), (1224, 206)], fill=_LINE, width=2)
    for place, point in enumerate(slide.points):
        y = 240 + place * 78
        draw.ellipse([62, y + 18, 76, y + 32], fill=_BRAND)
        draw.text((100, y), point, font=_font(FONT, 36), fill=_INK)
    draw.text((56, 660), f"{number} / {len(lesson.slides)}", font=_font(FONT, 24), fill=_GREY)
    draw.text((200, 660), "职培云 · 教学演示", font=_font(FONT, 24), fill=_GREY)
    return image


def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(path, size, index=_SC_FACE)
    except OSError as error:
        raise UnableToMakeFootage("the CJK font is missing: apt-get install fonts-noto-cjk") from error


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def _run(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnableToMakeFootage(done.stderr[-2000:])
