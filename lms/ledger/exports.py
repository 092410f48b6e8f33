"""What the ledger holds about a person: for the file that everybody may take along, and for the archive of a class."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db import connection

from lms.enrolment.api import enrolments_of
from lms.ledger.chain import EntryFacts, link_of, taken_time
from lms.ledger.data import Entry
from lms.ledger.reading import HASH_AT, facts_of, with_columns
from lms.ledger.statements import entries_for, statements_of
from lms.lib.canonical import JSONValue

_CHAIN = with_columns("SELECT {columns} FROM ledger_entry entry WHERE entry.learner_id = %s ORDER BY entry.seq")


def export_for(person_id: int, now: datetime) -> dict[str, object]:
    """The statement of each class, and the whole chain entry by entry with its hashes."""
    learners = {place.enrolment_id: person_id for place in enrolments_of(person_id=person_id)}
    statements = statements_of(learners=learners, now=now) if learners else {}
    return {
        "statements": [
            {
                "enrolment": enrolment_id,
                "credited_seconds": {line.mode.value: line.credited_seconds for line in held.modes},
                "credited_seconds_by_unit": {line.unit_key: line.credited_seconds for line in held.units},
                "refused_seconds": {reason.value: seconds for reason, seconds in held.refused_seconds.items()},
                "results": [
                    {"unit": line.unit_key, "score": line.score, "passed": line.passed, "at": line.at.isoformat()}
                    for line in held.results
                ],
            }
            for enrolment_id, held in sorted(statements.items())
        ],
        "entries": [_entry(entry) for entry in entries_for(learner_id=person_id)],
    }


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "kind": entry.kind.value,
        "reason": entry.reason.value,
        "enrolment": entry.enrolment_id,
        "unit": entry.unit_key,
        "mode": entry.mode.value,
        "day": entry.day.isoformat(),
        "seconds": entry.seconds,
        "source": entry.source,
        "sealed_at": entry.sealed_at.isoformat(),
        "hash": entry.entry_hash,
    }


def chain_lines(*, learner_id: int, class_run_id: int) -> list[dict[str, JSONValue]]:
    """The learner's whole chain as the class's archive shows it: the entries of the class, the others as links.

    The time that another class's entry takes is opened on the days on which this class has entries (decision 0016).
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [learner_id])
        rows = [(facts_of(row), row[HASH_AT]) for row in cursor.fetchall()]
    days = {facts.day for facts, _ in rows if facts.class_run == class_run_id}
    return [
        {"entry": msgspec.to_builtins(facts), "hash": digest}
        if facts.class_run == class_run_id
        else _foreign(facts, digest, opened=facts.day in days)
        for facts, digest in rows
    ]


def _foreign(facts: EntryFacts, digest: str, *, opened: bool) -> dict[str, JSONValue]:
    link: dict[str, JSONValue] = msgspec.to_builtins(link_of(facts))
    if facts.hash_version == 1:  # its hash covers no link: only the place in the chain can be told
        link = {name: link[name] for name in ("hash_version", "learner", "prev_hash", "seq")}
    line: dict[str, JSONValue] = {"hash": digest, "link": link}
    return {**line, "time": msgspec.to_builtins(taken_time(facts))} if opened else line
