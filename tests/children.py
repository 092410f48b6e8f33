"""Processes of our own that a test starts, and kills as a power cut would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from tests.engines import ROOT


class Child(NamedTuple):
    """A running process and what it tells."""

    process: subprocess.Popen[str]
    told: IO[str]


@contextmanager
def child(module: str, *words: str) -> Iterator[Child]:
    """`python -m module words`, which has said that it is ready; killed -9 at the end, wherever it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "CRITICAL"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Child(process, process.stdout)
    finally:
        process.kill()
        process.communicate()
