"""`python3 -m lms.config.engines.stop`: a running demo of STATE_DIR has ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import sys
import time

from lms.config.engines.left_behind import state_dir
from lms.config.engines.progress import say

_SECONDS = 40.0


def main() -> int:
    path = state_dir() / "supervisor.lock"
    if not path.exists():
        say("nothing runs here.")
        return 0
    with path.open("a+") as lock:
        deadline = time.monotonic() + _SECONDS
        told = False
        while True:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                say("stopped." if told else "nothing runs here.")
                return 0
            lock.seek(0)
            found = re.search(r"process (\d+)", lock.read())
            if found and not told:
                os.kill(int(found[1]), signal.SIGTERM)
                told = True
            if time.monotonic() > deadline:
                say(f"it did not stop within {_SECONDS:.0f} s; see {state_dir()}/logs")
                return 1
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
