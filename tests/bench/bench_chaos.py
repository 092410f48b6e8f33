"""Ten minutes of chaos: 200 learners beat while web, worker, Valkey and PostgreSQL are killed (`tests/flow/chaos.py`).

`--seconds N` (600), `--people N` (200), `--seed N`. What was killed how often goes to var/bench/chaos.json; any second
lost or doubled fails the run.
"""

# ruff: noqa: T201  a benchmark prints

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time

from tests.bench.heartbeat_rig import ROOT, load_average, write_report


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=600)
    options.add_argument("--people", type=int, default=200)
    options.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    chosen = options.parse_args()
    told = {"CHAOS_SECONDS": chosen.seconds, "CHAOS_PEOPLE": chosen.people, "CHAOS_SEED": chosen.seed}
    print(f"{chosen.people} learners, {chosen.seconds} s, seed {chosen.seed}")
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/flow/test_chaos.py", "-n", "0", "-q", "-s"],
        cwd=ROOT,
        env={**os.environ, **{name: str(value) for name, value in told.items()}},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    killed = re.search(r"^killed: (\{.*\})$", done.stdout, re.MULTILINE)
    found = f"{killed[1]} killed, " if killed else ""
    verdict = "every second credited once" if done.returncode == 0 else "FAILED"
    report = {
        **told,
        "took_s": round(time.monotonic() - begun),
        "load": load_average(),
        "goals": {"chaos: nothing lost, nothing doubled": f"{found}{verdict} (undisturbed run of the same beats)"},
    }
    print(f"{found}{verdict}" if done.returncode == 0 else done.stdout)
    print(f"written to {write_report('chaos', report)}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
