"""A retention run as its own process, for the test that kills it: it stands still inside the second person."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import django

django.setup()

from lms.accounts.api import erase_due, register_erasure  # noqa: E402

_seen: list[int] = []


def _stand_still(person_id: int, _now: datetime) -> None:
    _seen.append(person_id)
    if len(_seen) == 2:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    register_erasure(section="stand_still", when_due=_stand_still)
    erase_due(now=datetime.fromisoformat(sys.argv[1]))
