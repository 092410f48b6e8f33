"""A settling worker as its own process, for tests that kill it.

`loop`: settles again and again until killed. `trim`, `publish`, `commit`: stops dead at that point of its first batch
(just before it trims, publishes, commits), says so, and waits to be killed.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from lms.player import api, settle, stream  # noqa: E402


def _stop_at(point: str) -> None:
    def wait_for_death(*_args: object, **_options: object) -> None:
        sys.stdout.write(f"{point}\n")
        sys.stdout.flush()
        time.sleep(600)

    owner, name = {"trim": (stream, "trim"), "publish": (stream, "publish_settled"), "commit": (settle, "move_on")}[
        point
    ]
    setattr(owner, name, wait_for_death)


def main(mode: str, limit: int = 7, batches: int = 3) -> None:
    if mode != "loop":
        _stop_at(mode)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for shard in range(settings.PLAYER_SHARDS):
            api.settle(shard=shard, holder=f"settler-{mode}", now=timezone.now(), limit=limit, batches=batches)
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
