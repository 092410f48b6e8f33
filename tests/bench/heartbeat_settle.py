"""How fast the stream becomes sealed evidence and credited seconds, beside single-row inserts in the same database."""

# ruff: noqa: T201  a benchmark prints

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from tests.bench.heartbeat_rig import SERVER_CORE, Rig, Rounds, load_average, median, memory_mb

PEOPLE = 5_000
SETTLE_SECONDS = 120
SINGLY_SECONDS = 3.0
CHUNK = 200
INSERT_SECONDS = 2.0
LAG_SECONDS = 10
LAG_RATES = (1_000, 2_000, 4_000, 8_000)


def measure_settle(rig: Rig, *, rounds: int) -> dict[str, object]:
    """Medians over rounds: single inserts, beats settled with one and with four beats a session, evidence credited."""
    rig.migrate()
    import django

    django.setup()
    os.sched_setaffinity(0, {SERVER_CORE})
    crowd = Crowd(rig)
    crowd.gather()
    singles: list[float] = []
    cpu_us: dict[str, list[float]] = {"settled_1": [], "credited": []}
    figures: dict[str, list[float]] = {
        "settled_1": [], "credited": [], "end_to_end": [], "settled_4": [], "credited_singly": [],
    }  # fmt: skip
    for number in Rounds(most=rounds, seconds=SETTLE_SECONDS):
        singles.append(single_inserts(rig))
        settled, settling_us = crowd.settle(beats_each=1)
        credited, crediting_us = crowd.credit()
        cpu_us["settled_1"].append(settling_us)
        cpu_us["credited"].append(crediting_us)
        figures["settled_1"].append(PEOPLE / settled)
        figures["credited"].append(PEOPLE / credited)
        figures["end_to_end"].append(PEOPLE / (settled + credited))
        figures["settled_4"].append(PEOPLE * 4 / crowd.settle(beats_each=4)[0])
        figures["credited_singly"].append(crowd.credit_singly())
        crowd.credit()
        line = "  ".join(f"{name} {values[-1]:.0f}/s" for name, values in figures.items())
        line += f"  our CPU {settling_us:.0f} + {crediting_us:.0f} us"
        print(f"round {number} single inserts {singles[-1]:.0f}/s  {line}  load {load_average():.1f}")
    crowd.check()
    ratios = {
        name: round(median([value / single for value, single in zip(values, singles, strict=True)]), 2)
        for name, values in figures.items()
    }
    lags = measure_lag(rig, crowd)
    return {
        "single_inserts_per_second": round(median(singles)),
        "per_second": {name: round(median(values)) for name, values in figures.items()},
        "to_single_inserts": ratios,
        "cpu_us": {name: round(median(values)) for name, values in cpu_us.items()},
        "rounds": {name: [round(value) for value in values] for name, values in figures.items()},
        "sessions": PEOPLE,
        "lag": lags,
    }


def single_inserts(rig: Rig) -> float:
    """Commits a second of one client that inserts one small row each time, as pgbench would."""
    from lms.config.engines import postgres

    url = rig.cluster.url(postgres.OWNER, "bench")
    with psycopg.connect(url, autocommit=True, prepare_threshold=1) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, person bigint, at timestamptz, s int)"
        )
        count, until = 0, time.perf_counter() + INSERT_SECONDS
        begun = time.perf_counter()
        while time.perf_counter() < until:
            connection.execute("INSERT INTO bench_row (person, at, s) VALUES (%s, now(), 15)", [count])
            count += 1
        return count / (time.perf_counter() - begun)


class Crowd:
    """Many learners of one class, each with an open play session, whose pages beat in step."""

    def __init__(self, rig: Rig, people: int = PEOPLE) -> None:
        self.rig = rig
        self.people = people
        self.sessions: list[tuple[UUID, int]] = []
        self.seq = 0

    def gather(self) -> None:
        import msgspec
        from django.conf import settings
        from django.db import transaction

        from lms.accounts.models import Person
        from lms.enrolment.models import Enrolment
        from lms.lib.localday import to_ms
        from lms.player.memory import Memory
        from lms.player.models import PlayMemory, PlaySession
        from tests.packages.player.world import LESSON, MORNING, make_world

        assert settings.PLAYER_SHARDS == 1
        world = make_world()
        self.start_ms = to_ms(MORNING)
        self.now = MORNING
        with transaction.atomic():
            people = Person.objects.bulk_create([Person(username=f"b{n}x", name="x") for n in range(self.people)])
            enrolments = Enrolment.objects.bulk_create(
                [
                    Enrolment(
                        class_run_id=world.run.class_run_id,
                        person=person,
                        employer_id=world.cast.employer_id,
                        enrolled_by_id=world.cast.hr_id,
                        enrolled_at=MORNING - timedelta(days=1),
                    )
                    for person in people
                ]
            )
            rows = [
                PlaySession(
                    id=uuid4(),
                    learner_id=enrolment.person_id,
                    enrolment=enrolment,
                    unit_key=LESSON,
                    unit_ms=2_700_000,
                    hour_pack=world.learner.hour_pack,
                    category=world.learner.category,
                    window_from=world.learner.window_from,
                    window_to=world.learner.window_to,
                    started_at=MORNING,
                )
                for enrolment in enrolments
            ]
            PlaySession.objects.bulk_create(rows)
            empty = msgspec.to_builtins(Memory())
            PlayMemory.objects.bulk_create([PlayMemory(session=row, memory=empty) for row in rows])
        self.sessions = [(row.pk, row.learner_id) for row in rows]

    def beat(self, people: Sequence[tuple[UUID, int]], seq: int) -> list[bytes]:
        """Everybody's beat number `seq`, encoded."""
        from lms.player import wire

        sent = 15_000 * (seq + 1)
        beats = [wire.StreamBeat("b1", seq, sent - 15_000, sent, sent / 1000 - 15, sent / 1000, 1, "tick")]
        return [
            wire.arrival_encoder.encode(
                wire.Arrival(session.bytes, person, self.start_ms + sent + 50, sent, "b1", beats)
            )
            for session, person in people
        ]

    def settle(self, *, beats_each: int) -> tuple[float, float]:
        """Seconds from a full stream to an empty one, and our own processor time for a beat in microseconds."""
        from lms.player import api, stream

        for _ in range(beats_each):
            messages = self.beat(self.sessions, self.seq)
            for start in range(0, len(messages), CHUNK):
                stream.add(0, messages[start : start + CHUNK])
            self.seq += 1
        now = self.now + timedelta(seconds=15 * self.seq + 60)
        begun, used = time.perf_counter(), time.process_time()
        report = api.settle(shard=0, holder="bench", now=now, batches=1_000, limit=5_000 * beats_each)
        spent, used = time.perf_counter() - begun, time.process_time() - used
        assert (report.beats, report.quarantined) == (self.people * beats_each, 0), report
        return spent, used / report.beats * 1_000_000

    def credit(self) -> tuple[float, float]:
        """Seconds until all that was announced is in the ledger and everybody's completion is judged, and our own
        processor time for one person's evidence in microseconds."""
        from lms.flow.api import drain_outbox

        begun, used = time.perf_counter(), time.process_time()
        while drain_outbox(limit=10_000, now=self._after_settling()):
            pass
        return time.perf_counter() - begun, (time.process_time() - used) / self.people * 1_000_000

    def credit_singly(self) -> float:
        """Evidence credited a second if each had its own transaction, over a few seconds: the baseline."""
        from lms.flow.drain import NEXT_STEP, _carry_out_next

        topic, count = "evidence.recorded", 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < SINGLY_SECONDS:
            count += _carry_out_next(topic, NEXT_STEP[topic], self._after_settling())
        return count / (time.perf_counter() - begun)

    def check(self) -> None:
        """Everybody has exactly the seconds that the page played: a benchmark that loses beats is void."""
        from lms.ledger.models import Coverage

        credited = set(Coverage.objects.values_list("covered_ms", flat=True))
        assert credited == {15_000 * self.seq}, (credited, self.seq)

    def _after_settling(self) -> datetime:
        return self.now + timedelta(seconds=15 * self.seq + 90)


# --- lag -----------------------------------------------------------------------------------
def measure_lag(rig: Rig, crowd: Crowd) -> list[dict[str, object]]:
    """How old the oldest waiting beat grows while a settler keeps up with a fixed rate of arrival."""
    from lms.player import shards, stream

    child = rig.spawn([sys.executable, "-m", "tests.packages.player.settler", "loop", "5000", "50"])
    found: list[dict[str, object]] = []
    try:
        time.sleep(4)
        for rate in LAG_RATES:
            ages: list[float] = []
            stop = threading.Event()
            writer = threading.Thread(target=_write_at, args=(crowd, rate, stop))
            writer.start()
            until = time.monotonic() + LAG_SECONDS
            while time.monotonic() < until:
                oldest = stream.client().xrange(shards.stream_key(0), count=1)
                written = oldest[0][0] if oldest else b""
                assert isinstance(written, bytes)
                ages.append(time.time() - int(written.split(b"-")[0]) / 1000 if written else 0.0)
                time.sleep(0.05)
            stop.set()
            writer.join()
            ages.sort()
            p99 = ages[int(len(ages) * 0.99)]
            print(
                f"lag at {rate}/s: p50 {ages[len(ages) // 2]:.2f} s  p99 {p99:.2f} s  settler {memory_mb(child.pid)} MB"
            )
            found.append({"rate": rate, "p50_s": round(ages[len(ages) // 2], 2), "p99_s": round(p99, 2)})
            if not _drained(30):
                break
        found.append({"settler_memory_mb": memory_mb(child.pid)})
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
    return found


def _write_at(crowd: Crowd, rate: int, stop: threading.Event) -> None:
    """`rate` beats a second enter the stream in twenty parts; every session beats in its turn."""
    from lms.player import stream

    part = rate // 20
    place = 0
    due = time.monotonic()
    while not stop.is_set():
        people = crowd.sessions[place : place + part]
        if not people:
            crowd.seq += 1
            place = 0
            continue
        stream.add(0, crowd.beat(people, crowd.seq))
        place += len(people)
        due += 0.05
        time.sleep(max(0.0, due - time.monotonic()))
    crowd.seq += 1


def _drained(seconds: float) -> bool:
    from lms.player import stream

    until = time.monotonic() + seconds
    while stream.waiting(0) and time.monotonic() < until:
        time.sleep(0.1)
    return not stream.waiting(0)
