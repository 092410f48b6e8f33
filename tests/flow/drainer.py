"""A drain as its own process, for tests that kill it.

`loop`: drains again and again until killed. `credited`, `judged`, `finished`: stops dead at that point of its first
batch (after the ledger is written, after the records are issued, with everything done but the commit), says so, and
waits to be killed.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

import django

django.setup()

from lms.completion import api as completion  # noqa: E402
from lms.flow import drain  # noqa: E402
from lms.ledger import api as ledger  # noqa: E402


def _stop_after(point: str) -> None:
    owner, name = {
        "credited": (ledger, "post_credits"),
        "judged": (completion, "issue_records"),
        "finished": (drain, "finish_outbox_many"),
    }[point]
    work = getattr(owner, name)

    def then_wait_for_death(**options: Any) -> None:
        work(**options)
        sys.stdout.write(f"{point}\n")
        sys.stdout.flush()
        time.sleep(600)

    setattr(owner, name, then_wait_for_death)


def main(mode: str, now: datetime) -> None:
    if mode != "loop":
        _stop_after(mode)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        drain.drain_outbox(limit=20, now=now)
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
