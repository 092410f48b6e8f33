"""Heartbeats: accepted against a bare ASGI answer and a naive view, settled against single-row inserts.

Run with `python -m tests.bench.bench_heartbeats [--rounds N] [--seconds N]`; figures go to var/bench/heartbeats.json.
All sides are measured in turn in the same run, servers on one core, the load on the other; trust the ratios.
"""

# ruff: noqa: T201  a benchmark prints

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.bench.heartbeat_rig import (
    ROOT,
    Load,
    Rig,
    Rounds,
    burst,
    load_average,
    median,
    memory_mb,
    write_report,
)

CONNECTIONS = 64
PEOPLE = 500
ACCEPT_SECONDS = 150
NAIVE = {"pg": "NAIVE_PG_PORT", "user": "NAIVE_PG_USER", "password": "NAIVE_PG_PASSWORD"}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--skip-settle", action="store_true")
    options.add_argument("--skip-accept", action="store_true")
    chosen = options.parse_args()
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        print("wrk is not installed (apt-get install wrk); heartbeats are not measured", file=sys.stderr)
        return 0
    rig = Rig()
    try:
        rig.open()
        report: dict[str, object] = {"at": datetime.now(UTC).isoformat(), "load_before": load_average()}
        if not chosen.skip_accept:
            report["accept"] = measure_accept(rig, rounds=chosen.rounds, seconds=chosen.seconds)
        if not chosen.skip_settle:
            from tests.bench.heartbeat_settle import measure_settle

            report["settle"] = measure_settle(rig, rounds=chosen.rounds)
        report["load_after"] = load_average()
        report["goals"] = _goals(report)
        print(f"written to {write_report('heartbeats', report)}")
    finally:
        rig.close()
    return 0


def _goals(report: dict[str, Any]) -> dict[str, str]:
    """Each figure that has a goal, beside its baseline of the same minutes and the goal."""
    accept, settle = report.get("accept"), report.get("settle")
    goals: dict[str, str] = {}
    if accept:
        rates, cpu = accept["per_second"], accept["cpu_us"]
        by_cpu = round(cpu["hello"] / cpu["front"], 2)
        costs = f"by CPU {by_cpu} = {cpu['hello']} us / {cpu['front']} us"
        goals["G1 accepted / bare hello"] = (
            f"{accept['front_to_hello']} = {rates['front']}/s / {rates['hello']}/s ({costs}; goal 0.45)"
        )
        goals["G3 accepted / naive row lock"] = (
            f"{accept['front_to_naive']} = {rates['front']}/s / {rates['naive']}/s (goal 25)"
        )
    if settle:
        rates, ratios = settle["per_second"], settle["to_single_inserts"]
        single = settle["single_inserts_per_second"]
        goals["G3 settled / single-row inserts"] = (
            f"{ratios['settled_1']} = {rates['settled_1']}/s / {single}/s (goal 3)"
        )
        goals["beats to credited seconds / single inserts"] = (
            f"{ratios['end_to_end']} = {rates['end_to_end']}/s / {single}/s "
            f"(our CPU for a beat: {settle['cpu_us']['settled_1']} + {settle['cpu_us']['credited']} us)"
        )
        goals["credited in batches / one by one"] = f"{rates['credited']}/s / {rates['credited_singly']}/s"
        goals["G4 lag p99 at a fixed rate"] = (
            "; ".join(f"{lag['p99_s']} s at {lag['rate']}/s" for lag in settle["lag"] if "rate" in lag)
            + " (goal 3 s at 8000/s)"
        )
    return goals


# --- accepting ---------------------------------------------------------------------------
def measure_accept(rig: Rig, *, rounds: int, seconds: int) -> dict[str, object]:
    """Answers a second and CPU per answer of hello, front and naive, one after the other in each round."""
    hello, front, naive = rig.free[:3]
    servers = {
        "hello": (_uvicorn("tests.bench.heartbeat_hello:app", hello), hello, {}),
        "front": (_uvicorn("tests.bench.heartbeat_front:app", front), front, {}),
        "naive": (_gunicorn(naive), naive, _naive_environment(rig)),
    }
    bodies = {"hello": _hello_bodies(rig), "front": _front_bodies(rig), "naive": _naive_bodies(rig)}
    loads: dict[str, list[Load]] = {name: [] for name in servers}
    memory: dict[str, float] = {}
    for number in Rounds(most=rounds, seconds=ACCEPT_SECONDS):
        for name, (argv, port, environment) in servers.items():
            with rig.server(argv, port, **environment) as pid:
                burst(rig, port, bodies[name], pid, seconds=1, connections=CONNECTIONS, first_seq=0)
                width = 8 if name == "naive" else CONNECTIONS
                load = burst(rig, port, bodies[name], pid, seconds=seconds, connections=width, first_seq=10_000)
                memory[name] = memory_mb(pid)
            loads[name].append(load)
            figures = f"{load.per_second:9.0f}/s {load.cpu_us:7.1f} us CPU"
            print(f"round {number} {name:6} {figures}  load {load_average():.1f}")
        _empty_streams(rig)
    return _accept_report(loads, memory)


def _accept_report(loads: dict[str, list[Load]], memory: dict[str, float]) -> dict[str, object]:
    rates = {name: median([load.per_second for load in each]) for name, each in loads.items()}
    to_hello = median([f.per_second / h.per_second for f, h in zip(loads["front"], loads["hello"], strict=True)])
    to_naive = median([f.per_second / n.per_second for f, n in zip(loads["front"], loads["naive"], strict=True)])
    print(f"G1 front / hello = {to_hello:.2f} (goal 0.45)   G3 front / naive = {to_naive:.1f} (goal 25)")
    return {
        "per_second": {name: round(rate) for name, rate in rates.items()},
        "cpu_us": {name: round(median([load.cpu_us for load in each]), 1) for name, each in loads.items()},
        "front_to_hello": round(to_hello, 3),
        "front_to_naive": round(to_naive, 1),
        "rounds": {name: [round(load.per_second) for load in each] for name, each in loads.items()},
        "memory_mb": memory,
        "connections": CONNECTIONS,
    }


def _uvicorn(app: str, port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "error", "--no-access-log"]


def _gunicorn(port: int) -> list[str]:
    options = ["-k", "gthread", "--threads", "8", "-w", "1", "--keep-alive", "30", "--log-level", "error"]
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "tests.bench.heartbeat_naive:application",
        "-b",
        f"127.0.0.1:{port}",
        *options,
    ]


def _naive_environment(rig: Rig) -> dict[str, str]:
    from lms.config.engines import postgres
    from tests.bench.heartbeat_rig import PASSWORD

    return {NAIVE["pg"]: str(rig.pg_port), NAIVE["user"]: postgres.OWNER, NAIVE["password"]: PASSWORD}


def _hello_bodies(rig: Rig) -> Path:
    path = rig.folder / "hello.tsv"
    path.write_text('/\t\t{"seq":\t,"padding":"' + "x" * 260 + '"}\n')
    return path


def _front_bodies(rig: Rig) -> Path:
    from lms.player.token import TokenKeys
    from tests.bench.heartbeat_rig import KEYS

    keys = TokenKeys({"b1": KEYS["PLAY_TOKEN_KEYS"].partition(":")[2]})
    later = datetime.now(UTC) + timedelta(hours=2)
    lines = []
    for person in range(PEOPLE):
        token = keys.seal(
            session=uuid4(),
            learner_id=person,
            enrolment_id=person,
            unit_key=str(uuid4()),
            unit_ms=2_700_000,
            expires_at=later,
        )
        head = f'{{"token":"{token}","sent_ms":15000,"sent_boot":"b1","beats":[{{"boot":"b1","seq":'
        tail = ',"from_ms":0,"to_ms":15000,"from_s":0.0,"to_s":15.0,"rate":1,"why":"tick"}]}'
        lines.append(f"/api/v1/heartbeats/\t\t{head}\t{tail}\n")
    path = rig.folder / "front.tsv"
    path.write_text("".join(lines))
    return path


def _naive_bodies(rig: Rig) -> Path:
    from lms.config.engines import postgres

    postgres.create_database(rig.cluster, "naive")
    environment = {**os.environ, **_naive_environment(rig), "NAIVE_PEOPLE": str(PEOPLE)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.heartbeat_naive"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    cookies = [line for line in done.stdout.splitlines() if line.startswith("sessionid=")]
    tail = ',"unit":"lesson-1","from_s":0.0,"to_s":15.0,"padding":"' + "x" * 150 + '"}'
    path = rig.folder / "naive.tsv"
    path.write_text("".join(f'/beat/\t{cookie}\t{{"seq":\t{tail}\n' for cookie in cookies))
    return path


def _empty_streams(rig: Rig) -> None:
    import redis

    redis.Redis.from_url(rig.environment()["REDIS_URL"]).flushall()


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
