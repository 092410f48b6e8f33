"""A worker as its own process that makes one archive and stands still at a named point, for tests that kill it."""

from __future__ import annotations

import sys
import time
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from lms.archive import api, building, content  # noqa: E402
from media import store  # noqa: E402

POINTS: dict[str, tuple[Any, str]] = {
    "taken": (building, "_class_of"),
    "among learners": (content, "learner_files"),
    "before the end": (store, "finish_multipart"),
    "stored": (building, "publish"),
}


def main(point: str) -> None:
    module, name = POINTS[point]
    going_on, calls = getattr(module, name), 0

    def stand_still(*words: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (2 if point == "among learners" else 1):
            sys.stdout.write("there\n")
            sys.stdout.flush()
            time.sleep(600)
        return going_on(*words, **more)

    setattr(module, name, stand_still)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    api.build_next(clock=timezone.now)


if __name__ == "__main__":
    main(sys.argv[1])
