"""Seconds to ready, first and again, and the memory of each process, against the goals of G12."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.engines import ROOT
from tests.platform import Platform, platform

GOALS = {"first_start_s": 120, "restart_s": 15, "memory_mb": 900}


def _read_tree(pid: int, name: str) -> Iterator[str]:
    """This file of /proc for a process and its descendants; those that end meanwhile are left out."""
    waiting = [pid]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            text = (place / name).read_text()
            waiting += [int(child) for child in (place / "task" / place.name / "children").read_text().split()]
            yield text


def _memory(pid: int) -> float:
    """Proportional set size in MB of a process and its descendants: shared pages are counted once."""
    lines = [line for text in _read_tree(pid, "smaps_rollup") for line in text.splitlines() if line.startswith("Pss:")]
    return round(sum(int(line.split()[1]) for line in lines) / 1024, 1)


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process, its descendants and those that ended: a start costs it however busy the machine."""
    fields = [field for text in _read_tree(pid, "stat") for field in text.rpartition(")")[2].split()[11:15]]
    return round(sum(map(int, fields)) / os.sysconf("SC_CLK_TCK"), 1)


def _ready_everywhere(made: Platform) -> None:
    while made.health()[0] != 200:
        time.sleep(0.1)


def _one_setup(folder: Path) -> float:
    """Seconds in which one Python process imports the whole product: the floor under any start."""
    began = time.monotonic()
    argv = [sys.executable, "-c", "import django; django.setup(); import lms.config.urls"]
    environment = {**os.environ, **json.loads((folder / "environment.json").read_text())}
    subprocess.run(argv, cwd=ROOT, env=environment, check=True)
    return round(time.monotonic() - began, 1)


def _bare_hello_memory() -> float:
    """MB of an ASGI server that knows nothing but hello."""
    argv = [sys.executable, "-m", "uvicorn", "tests.bench.heartbeat_hello:app", "--port", "0", "--log-level", "error"]
    with subprocess.Popen(argv, cwd=ROOT) as child:
        try:
            time.sleep(3)
            return _memory(child.pid)
        finally:
            child.kill()


def measure(folder: Path) -> dict[str, Any]:
    with platform(folder, Platform) as made:
        first = made.start(seconds=900)
        _ready_everywhere(made)
        first_cpu = _cpu_seconds(made.pid)
        made.end()
        restarts: list[float] = []
        memory: dict[str, float] = {}
        stop = restart_cpu = 0.0
        for _round in range(3):
            began = time.monotonic()
            made.start()
            _ready_everywhere(made)
            restarts.append(round(time.monotonic() - began, 1))
            restart_cpu = _cpu_seconds(made.pid)
            memory = {name: _memory(pid) for name, pid in made.children().items()}
            memory["supervisor"] = _memory(made.pid) - sum(memory.values())
            ended = time.monotonic()
            made.end()
            stop = time.monotonic() - ended
    return {
        "first_start_s": round(first, 1),
        "first_start_cpu_s": first_cpu,
        "restart_cpu_s": restart_cpu,
        "cores": os.cpu_count(),
        "restart_s": sorted(restarts)[1],
        "restarts_s": restarts,
        "stop_s": round(stop, 1),
        "memory_mb": round(sum(memory.values()), 1),
        "memory_by_process_mb": {name: round(size, 1) for name, size in memory.items()},
        "one_process_setup_s": _one_setup(folder),
        "bare_hello_mb": _bare_hello_memory(),
        "load_average": os.getloadavg()[0],
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="zp-bench-") as folder:
        found = measure(Path(folder) / "var")
    floor = f"one process alone imports the product in {found['one_process_setup_s']} s"
    busy = f"load {found['load_average']:.1f} on {found['cores']} cores"
    found["goals"] = {
        "G12 first start, packages installed, s": (
            f"{found['first_start_s']}, {found['first_start_cpu_s']} of CPU "
            f"({floor}; {busy}; goal {GOALS['first_start_s']})"
        ),
        "G12 restart, s": (
            f"{found['restart_s']}, {found['restart_cpu_s']} of CPU ({busy}; goal {GOALS['restart_s']})"
        ),
        "G12 memory of all processes, MB (PSS)": f"{found['memory_mb']} (goal {GOALS['memory_mb']})",
        "web beside a bare ASGI server, MB": f"{found['memory_by_process_mb']['web']} / {found['bare_hello_mb']}",
    }
    target = ROOT / "var" / "bench" / "start.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1))
    for name, value in found["goals"].items():
        sys.stdout.write(f"{name:<44} {value}\n")
    for name, size in found["memory_by_process_mb"].items():
        sys.stdout.write(f"  {name:<14} {size:>7} MB\n")
    sys.stdout.write(f"load average {found['load_average']:.1f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
