"""Judges recorded play beats again and stores nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from lms.player.replay import Recording, UnreadableLine, replay, take_line


class Command(BaseCommand):
    help = "Feeds recorded play beats (JSON lines) through the live rules and the ledger, and rolls everything back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="one JSON object a line; - reads standard input")

    def handle(self, *_args: Any, file: str, **_options: Any) -> None:  # Django's own name for it
        recordings: dict[str, Recording] = {}
        for number, line in enumerate(_lines(file), start=1):
            if line.strip():
                self._take(recordings, number, line)
        with transaction.atomic():
            results = replay(recordings.values(), now=timezone.now())
            transaction.set_rollback(True)
        for result in results:
            self.stdout.write(json.dumps(result._asdict(), ensure_ascii=False))

    def _take(self, recordings: dict[str, Recording], number: int, line: str) -> None:
        try:
            value = json.loads(line)
            if not isinstance(value, dict):
                raise UnreadableLine("a line is one JSON object")
            take_line(recordings, value)
        except (ValueError, RecursionError) as error:
            self.stderr.write(f"line {number} is left out: {error}")


def _lines(file: str) -> list[str]:
    path = Path("/dev/stdin") if file == "-" else Path(file)
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} can't be read: {error}") from error
