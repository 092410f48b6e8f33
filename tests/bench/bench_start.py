"""Seconds to ready, first and again, and the memory of each process, against the goals of G12."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.engines import ROOT
from tests.platform import Platform, platform

GOALS = {"first_start_s": 120, "restart_s": 15, "memory_mb": 900}


def _memory(pid: int) -> float:
    """Proportional set size in MB of a process and its descendants: shared pages are counted once."""
    total, waiting = 0, [pid]
    while waiting:
        each = waiting.pop()
        rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        waiting += [int(child) for child in Path(f"/proc/{each}/task/{each}/children").read_text().split()]
    return round(total / 1024, 1)


def _ready_everywhere(made: Platform) -> None:
    while made.health()[0] != 200:
        time.sleep(0.1)


def measure(folder: Path) -> dict[str, object]:
    with platform(folder, Platform) as made:
        first = made.start(seconds=900)
        _ready_everywhere(made)
        made.end()
        restarts: list[float] = []
        memory: dict[str, float] = {}
        stop = 0.0
        for _round in range(3):
            began = time.monotonic()
            made.start()
            _ready_everywhere(made)
            restarts.append(round(time.monotonic() - began, 1))
            memory = {name: _memory(pid) for name, pid in made.children().items()}
            memory["supervisor"] = _memory(made.pid) - sum(memory.values())
            ended = time.monotonic()
            made.end()
            stop = time.monotonic() - ended
    return {
        "first_start_s": round(first, 1),
        "restart_s": sorted(restarts)[1],
        "restarts_s": restarts,
        "stop_s": round(stop, 1),
        "memory_mb": round(sum(memory.values()), 1),
        "memory_by_process_mb": {name: round(size, 1) for name, size in memory.items()},
        "load_average": os.getloadavg()[0],
        "goals": GOALS,
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="zp-bench-") as folder:
        found = measure(Path(folder) / "var")
    target = ROOT / "var" / "bench" / "start.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1))
    for name, goal in GOALS.items():
        value = found[name]
        ratio = float(str(value)) / goal
        sys.stdout.write(f"{name:<16} {value:>8}   goal {goal:>5}   ratio {ratio:.2f}\n")
    sys.stdout.write(f"{found['memory_by_process_mb']}\nload average {found['load_average']:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
