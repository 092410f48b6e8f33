from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from lms.accounts.erasure import erase_again, erase_due


class Command(BaseCommand):
    help = "Erases everybody whose data need not be kept any longer. May be stopped anywhere and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", type=int, nargs="+", default=[], help="people who came back with a backup")
        parser.add_argument("--limit", type=int, default=1000, help="at most so many people in this run")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["again"]:
            listed = erase_again(person_ids=options["again"], now=timezone.now())
            self.stdout.write(f"{listed} people are on the list again")
        run = erase_due(now=timezone.now(), limit=options["limit"])
        self.stdout.write(f"{run.erased} erased, {run.waiting} must still be kept, {run.failed} failed")
        if run.failed:
            sys.exit(1)
