"""`make bench`: every `bench_*.py` here, one after the other; each prints its figures and writes var/bench/."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> int:
    wanted = sys.argv[1:] or [path.stem for path in sorted(HERE.glob("bench_*.py"))]
    failed = []
    for name in wanted:
        sys.stdout.write(f"\n== {name.removeprefix('bench_')}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    for path in sorted((ROOT / "var" / "bench").glob("*.json")):
        found = json.loads(path.read_text())  # what we leave for scripts can be read by them
        sys.stdout.write(f"figures: {path.relative_to(ROOT)}\n")
        for goal, value in found.get("goals", {}).items():
            sys.stdout.write(f"  {goal:<44} {value}\n")
    sys.stdout.write(f"failed: {', '.join(failed)}\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
