"""What the ledger holds about a person, for the file that everybody may take along."""

from __future__ import annotations

from datetime import datetime

from lms.enrolment.api import enrolments_of
from lms.ledger.data import Entry
from lms.ledger.statements import entries_for, statements_of


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
