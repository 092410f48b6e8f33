"""A worker as its own process, for tests that kill it: settles beats and carries announcements on, for ever.

As under Celery, what fails is told, its connections are dropped, and the next round tries again. Small batches, so that
a kill finds it in the middle.
"""

from __future__ import annotations

import os
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from lms.flow.api import drain_outbox  # noqa: E402
from lms.player import api  # noqa: E402


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        try:
            for shard in range(settings.PLAYER_SHARDS):
                api.settle(shard=shard, holder=f"worker-{os.getpid()}", now=timezone.now(), limit=25, batches=1)
            drain_outbox(limit=1, now=timezone.now())
        except Exception as error:  # noqa: BLE001  whatever an engine that was killed makes of a call
            sys.stdout.write(f"{type(error).__name__}\n")
            sys.stdout.flush()
            connections.close_all()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
