from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.ledger.api import make_partitions
from lms.lib.localday import local_day


class Command(BaseCommand):
    help = "Makes the ledger's tables for this month and the next three. Safe to repeat; a daily task does the same."

    def handle(self, *_args: Any, **_options: Any) -> None:
        made = make_partitions(today=local_day(timezone.now()))
        self.stdout.write(f"{made} partitions made")
