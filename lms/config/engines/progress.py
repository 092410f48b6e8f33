"""What a newcomer sees: one line a step, with its seconds. Standard library only."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """The step's line is shown at once and its seconds when done; the yielded function adds a note to it."""
    live = sys.stdout.isatty()
    began, noted = time.monotonic(), ""

    def note(text: str) -> None:
        nonlocal noted
        noted = text
        if live:
            sys.stdout.write(f"\r\x1b[K  … {title}  {text}")
            sys.stdout.flush()

    sys.stdout.write(f"\r\x1b[K  … {title}" if live else f"  … {title}\n")
    sys.stdout.flush()
    try:
        yield note
    except BaseException:
        if live:
            sys.stdout.write("\n")
        raise
    line = f"  ✓ {title}{f' ({noted})' if noted else ''}  {time.monotonic() - began:.1f} s"
    sys.stdout.write(f"\r\x1b[K{line}\n" if live else f"{line}\n")
    sys.stdout.flush()
