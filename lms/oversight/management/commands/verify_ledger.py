from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms.oversight import api


class Command(BaseCommand):
    help = "Recomputes every hash and every record signature. Exit 0: all sound. Exit 1: names the first bad entry."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--class-run", type=int, default=None, help="only the learners of this class run")

    def handle(self, *_args: Any, **options: Any) -> None:
        result = api.verify(class_run_id=options["class_run"])
        if result.intact:
            self.stdout.write(
                f"OK {result.entries} entries of {result.learners} learners, every record signature holds"
            )
            return
        self.stdout.write(f"BROKEN {result.fault}")
        sys.exit(1)
