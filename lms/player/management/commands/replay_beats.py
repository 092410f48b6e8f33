"""Judges recorded play beats again and stores nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from lms.player.replay import Recording, UnreadableLine, replay, take_line

MOST_TOLD = 20


class Command(BaseCommand):
    help = (
        "Feeds recorded play beats (JSON lines) through the live rules and the ledger, and rolls everything back. "
        "Lines that can't be read are told and left out, and the exit code is then 2."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="one JSON object a line; - reads standard input")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:  # Django's own name for it
        recordings: dict[str, Recording] = {}
        number = left_out = 0
        for number, line in enumerate(_lines(file), start=1):
            if line.strip() and (fault := _fault(recordings, line)):
                left_out += 1
                if left_out <= MOST_TOLD:
                    self.stderr.write(f"line {number} is left out: {fault}")
        with transaction.atomic():
            results = replay(recordings.values(), now=timezone.now())
            transaction.set_rollback(True)
        for result in results:
            self.stdout.write(json.dumps(result._asdict()))
        if left_out:
            message = f"{left_out} of {number} lines can't be read and are left out; all others are judged."
            raise CommandError(message, returncode=2)


def _fault(recordings: dict[str, Recording], line: str) -> str | None:
    """What is wrong with the line; None where the recordings now hold it."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8"
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise UnreadableLine("a line is one JSON object")
        take_line(recordings, value)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _lines(file: str) -> Iterator[str]:
    """One line at a time, so that the size of the file costs no memory."""
    path = Path("/dev/stdin") if file == "-" else Path(file)
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            yield from lines
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error}", returncode=2) from error
