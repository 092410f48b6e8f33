"""What a ledger with a past costs: settling and posting beside an empty one, verification, open sessions in memory.

`--entries N` (default 1,000,000; 10,000,000 takes most of an hour) fills the second ledger, over twelve months and the
current one among them. Both stand in one cluster and are measured in turn. Figures go to var/bench/ledger.json.
"""

# ruff: noqa: T201  a benchmark prints

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from tests.bench.heartbeat_rig import Rig, cpu_seconds, load_average, median, memory_mb, write_report

MEASURED = 2_000
ENTRIES_EACH = 500
OPEN = 10_000
ROUNDS = 5
EMPTY, FULL = "bench", "bench_full"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    rig = Rig()
    try:
        rig.open()
        report = measure(rig, entries=chosen.entries, rounds=chosen.rounds)
        print(f"written to {write_report('ledger', report)}")
    finally:
        rig.close()
    return 0


def measure(rig: Rig, *, entries: int, rounds: int) -> dict[str, object]:
    """Everything of this benchmark, with its goals."""
    rig.migrate()
    _copy_database(rig)
    import django

    django.setup()
    from lms.ledger.api import verify_chains

    places = [Place(rig, EMPTY, people=OPEN), Place(rig, FULL, people=max(MEASURED, entries // ENTRIES_EACH))]
    begun = time.monotonic()
    written = places[1].fill(entries)
    print(f"{written} entries over twelve months in {time.monotonic() - begun:.0f} s")
    costs = growth(places, rounds=rounds)
    verified = measure_verify(verify_chains) if written <= 2_000_000 else None
    sessions = open_sessions(rig, places[0])  # last: their beats come at another time than the crowd's
    ratio = median([full / empty for empty, full in zip(*costs["cpu_us"].values(), strict=True)])
    cpu = {name: round(median(values)) for name, values in costs["cpu_us"].items()}
    goals = {
        f"G5 settle and post with {written} entries / with none": (
            f"{ratio:.2f} = {cpu[FULL]} us / {cpu[EMPTY]} us of CPU a beat, ours and PostgreSQL's (goal 1.25)"
        ),
        "memory of 10,000 open sessions": (
            f"front +{sessions['front_mb']} MB on {sessions['front_before_mb']} MB; "
            f"Valkey +{sessions['valkey_mb']} MB; tables {sessions['tables_mb']} MB"
        ),
    }
    if verified:
        goals["verify_ledger / hashing alone"] = (
            f"{verified['ratio']} = {verified['per_second']}/s / {verified['hashes_per_second']}/s; "
            f"{verified['memory_mb']} MB"
        )
    return {
        "at": datetime.now(UTC).isoformat(),
        "entries": written,
        "load": load_average(),
        "growth": {**costs, "ratio": round(ratio, 3)},
        "sessions": sessions,
        "verify": verified,
        "goals": goals,
    }


def _copy_database(rig: Rig) -> None:
    from lms.config.engines import postgres

    with psycopg.connect(rig.cluster.url(postgres.SUPERUSER, "postgres"), autocommit=True) as connection:
        statement = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy"
        names = (sql.Identifier(name) for name in (FULL, postgres.OWNER, EMPTY))
        connection.execute(sql.SQL(statement).format(*names))


class Place:
    """One database with its people; `use` points the process at it."""

    def __init__(self, rig: Rig, name: str, *, people: int) -> None:
        from tests.bench.heartbeat_settle import Crowd

        self.rig, self.name = rig, name
        self.use()
        self.crowd = Crowd(rig, people)
        self.crowd.gather()
        self.seq = 0

    def use(self) -> int:
        """The process id of the server's side of our connection."""
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = self.name
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid: int = cursor.fetchone()[0]
        return pid

    def fill(self, entries: int) -> int:
        from lms.enrolment.api import get_enrolments
        from lms.player.models import PlaySession
        from tests.bench.ledger_history import write_history

        self.use()
        asked = list(PlaySession.objects.order_by("enrolment_id").values_list("enrolment_id", flat=True))
        found = get_enrolments(enrolment_ids=asked)
        return write_history([found[enrolment] for enrolment in asked], entries=entries)

    def beat(self) -> dict[str, float]:
        """What one beat of each measured person costs, settled, posted and judged, in microseconds."""
        from lms.flow.api import drain_outbox
        from lms.player import api, stream

        backend = self.use()
        people = self.crowd.sessions[:MEASURED]
        messages = self.crowd.beat(people, self.seq)
        self.seq += 1
        for start in range(0, len(messages), 200):
            stream.add(0, messages[start : start + 200])
        now = self.crowd.now + timedelta(seconds=15 * self.seq + 60)
        server, ours, begun = cpu_seconds(backend), time.process_time(), time.perf_counter()
        report = api.settle(shard=0, holder="bench", now=now, batches=1_000)
        while drain_outbox(limit=10_000, now=now + timedelta(seconds=30)):
            pass
        wall = time.perf_counter() - begun
        used = time.process_time() - ours + cpu_seconds(backend) - server
        assert (report.beats, report.quarantined) == (len(people), 0), report
        return {"cpu_us": used / len(people) * 1e6, "wall_us": wall / len(people) * 1e6}


def growth(places: list[Place], *, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Costs of a beat in each place, in turn; the first round warms up and is not counted."""
    costs: dict[str, dict[str, list[float]]] = {
        kind: {place.name: [] for place in places} for kind in ("cpu_us", "wall_us")
    }
    for number in range(rounds + 1):
        for place in places:
            cost = place.beat()
            print(f"round {number} {place.name:11} {cost['cpu_us']:6.0f} us CPU {cost['wall_us']:6.0f} us wall")
            for kind, value in cost.items():
                costs[kind][place.name] += [round(value, 1)] if number else []
    return costs


def measure_verify(verify: Callable[[], Any]) -> dict[str, float]:
    """Entries verified a second, beside what hashing them alone would take, in the database in use."""
    from django.db import connection

    from lms.ledger.chain import entry_hash
    from lms.ledger.reading import COLUMNS, facts_of

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM ledger_entry entry LIMIT 20000")
        facts = [facts_of(row) for row in cursor.fetchall()]
    begun = time.perf_counter()
    for each in facts:
        entry_hash(each)
    hashes = len(facts) / (time.perf_counter() - begun)
    begun = time.perf_counter()
    report = verify()
    rate = report.entries / (time.perf_counter() - begun)
    assert report.intact, report.findings[:3]
    print(f"verified {report.entries} entries, {rate:.0f}/s; hashing alone {hashes:.0f}/s")
    return {
        "entries": report.entries,
        "per_second": round(rate),
        "hashes_per_second": round(hashes),
        "ratio": round(rate / hashes, 2),
        "memory_mb": memory_mb(os.getpid()),
    }


def open_sessions(rig: Rig, place: Place) -> dict[str, float]:
    """What 10,000 sessions that have beaten once take: in a front, in Valkey, in the tables."""
    import redis
    from django.db import connection

    from lms.player import api

    port = rig.free[0]
    place.use()
    valkey = redis.Redis.from_url(os.environ["REDIS_URL"])
    app = [sys.executable, "-m", "uvicorn", "tests.bench.heartbeat_front:app", "--port", str(port)]
    with rig.server([*app, "--log-level", "error", "--no-access-log"], port) as pid:
        _knock(port, place, people=1)
        front, streams = memory_mb(pid), _used_mb(valkey)
        _knock(port, place, people=len(place.crowd.sessions))
        api.settle(shard=0, holder="bench", now=place.crowd.now + timedelta(seconds=90), batches=1_000)
        time.sleep(2)  # the fronts are told what was settled
        grown = {"front_before_mb": front, "front_mb": round(memory_mb(pid) - front, 1)}
        grown["valkey_mb"] = round(_used_mb(valkey) - streams, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname IN "
            "('player_playsession', 'player_playmemory')"
        )
        grown["tables_mb"] = round(int(cursor.fetchone()[0]) / 2**20, 1)
    print(f"10,000 open sessions: {grown}")
    return grown


def _knock(port: int, place: Place, *, people: int) -> None:
    """The first beat of so many sessions comes in at the front's door."""
    from lms.player.token import TokenKeys
    from tests.bench.heartbeat_rig import KEYS

    keys = TokenKeys({"b1": KEYS["PLAY_TOKEN_KEYS"].partition(":")[2]})
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    beat = {
        "boot": "b1",
        "seq": 0,
        "from_ms": 0,
        "to_ms": 15_000,
        "from_s": 0.0,
        "to_s": 15.0,
        "rate": 1,
        "why": "tick",
    }
    for session, learner in place.crowd.sessions[:people]:
        token = keys.seal(
            session=session,
            learner_id=learner,
            enrolment_id=1,
            unit_key="lesson",
            unit_ms=2_700_000,
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
        line.request("POST", "/api/v1/heartbeats/", json.dumps({"token": token, "sent_ms": 15_000, "beats": [beat]}))
        answer = line.getresponse()
        answer.read()
        assert answer.status == 202, answer.status
    line.close()


def _used_mb(valkey: Any) -> float:
    return int(valkey.info("memory")["used_memory"]) / 2**20


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s")
    sys.exit(code)
