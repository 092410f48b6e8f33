"""A ledger with a past: correctly hashed entries over twelve months, written as posting writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction

from lms.enrolment.data import EnrolmentFacts
from lms.evidence.rules import content_digest
from lms.ledger.chain import HASH_VERSION, EntryFacts
from lms.ledger.locks import HeadState, lock_heads
from lms.ledger.partitions import make_partitions
from lms.ledger.writing import EntryWriter
from lms.lib.localday import to_ms
from tests.factories.classes import at

MONTHS = tuple(date(2025 + (month > 12), (month - 1) % 12 + 1, 2) for month in range(4, 16))
"""April 2025 to March 2026: the month in which the benchmark's people learn is the last of them."""
BEAT_MS = 15_000
_PEOPLE_AT_ONCE = 500
_EVIDENCE = """
COPY evidence_sealedevidence (id, source, learner_id, enrolment_id, unit_key, stretches, payload, captured_by,
  captured_at, external_key, digest, recorded_at) FROM STDIN
"""
_UNITS = "COPY ledger_coverage (enrolment_id, unit_key, learner_id, class_run_id, mode, covered, covered_ms) FROM STDIN"
_DAYS = "COPY ledger_dayhead (learner_id, day, online_ms, practice_ms, total_ms) FROM STDIN"


def write_history(people: Sequence[EnrolmentFacts], *, entries: int) -> int:
    """At least so many entries stand, as many for each person and month; how many there are."""
    make_partitions(today=MONTHS[0], ahead=len(MONTHS))
    each = -(-entries // (len(people) * len(MONTHS)))
    for start in range(0, len(people), _PEOPLE_AT_ONCE):
        for month in MONTHS:
            _write_month(people[start : start + _PEOPLE_AT_ONCE], month, each)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE db_outboxentry SET done_at = occurred_at WHERE done_at IS NULL")
        cursor.execute("ANALYZE")
    return each * len(people) * len(MONTHS)


def _write_month(people: Sequence[EnrolmentFacts], month: date, each: int) -> None:
    sealed_at = at(month, 12)
    with transaction.atomic():
        heads: dict[int, HeadState] = lock_heads(person.learner_id for person in people)
        writer = EntryWriter(heads, now=sealed_at)
        evidence = [_enter(writer, person, month, number, sealed_at) for person in people for number in range(each)]
        length = each * BEAT_MS
        _copy(_EVIDENCE, evidence)
        _copy(_UNITS, (_unit_line(person, month, length) for person in people))
        _copy(_DAYS, (f"{person.learner_id}\t{month}\t{length}\t0\t{length}\n" for person in people))
        writer.write()


def _enter(writer: EntryWriter, person: EnrolmentFacts, month: date, number: int, sealed_at: datetime) -> str:
    """One beat's credit is appended; the line of its evidence."""
    evidence_id, begin, media = uuid4(), to_ms(at(month, 9)) + number * BEAT_MS, number * BEAT_MS
    stretches = [[begin, begin + BEAT_MS, media, media + BEAT_MS]]
    captured_at_us, key = (begin + BEAT_MS) * 1_000, f"{evidence_id}:b1.{number}-b1.{number}"
    digest = content_digest(
        source="video",
        learner_id=person.learner_id,
        enrolment_id=person.enrolment_id,
        unit_key=_unit(month),
        stretches=stretches,
        payload={"session": str(evidence_id)},
        captured_by="player",
        captured_at_us=captured_at_us,
        external_key=key,
    )
    writer.append_facts(_facts(person, month, number, evidence_id, digest, stretches))
    captured_at = (at(month, 9) + timedelta(milliseconds=(number + 1) * BEAT_MS)).isoformat()
    return (
        f"{evidence_id}\tvideo\t{person.learner_id}\t{person.enrolment_id}\t{_unit(month)}\t{stretches}\t"
        f'{{"session":"{evidence_id}"}}\tplayer\t{captured_at}\t{key}\t{digest}\t{sealed_at.isoformat()}\n'
    )


def _facts(
    person: EnrolmentFacts, month: date, number: int, evidence_id: UUID, digest: str, pieces: list[list[int]]
) -> EntryFacts:
    return EntryFacts(
        captured_by="player",
        class_run=person.class_run_id,
        day=month.isoformat(),
        detail={},
        enrolment=person.enrolment_id,
        evidence=str(evidence_id),
        evidence_digest=digest,
        hash_version=HASH_VERSION,
        hour_pack=person.hour_pack,
        kind="credit",
        learner=person.learner_id,
        milliseconds=BEAT_MS,
        mode="video",
        part=0,
        pieces=pieces,
        prev_hash="",
        reason="watched",
        sealed_at_us=0,
        seconds=BEAT_MS // 1_000,
        seq=0,
        source="video",
        source_revision=1,
        unit=_unit(month),
    )


def _unit(month: date) -> str:
    return f"history-{month:%Y-%m}"


def _unit_line(person: EnrolmentFacts, month: date, length: int) -> str:
    return (
        f"{person.enrolment_id}\t{_unit(month)}\t{person.learner_id}\t{person.class_run_id}\tvideo\t"
        f"{{[0,{length})}}\t{length}\n"
    )


def _copy(statement: str, lines: Iterator[str] | Sequence[str]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write("".join(lines))
