"""Personal values behind sealed content: the seal holds a salted commitment, value and salt lie here until erased."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from lms.accounts.data import OpenedValue
from lms.accounts.models import PersonalValue, new_salt
from lms.lib.canonical import JSONValue, canonical_bytes, commitment


def commit_to(*, person_id: int, value: JSONValue, now: datetime) -> str:
    """A commitment to a value about one person, to be sealed in its place; see `commit_all`."""
    return commit_all(values={person_id: value}, now=now)[person_id]


def commit_all(*, values: Mapping[int, JSONValue], now: datetime) -> dict[int, str]:
    """One commitment per person, each under a fresh salt of 256 bits; value and salt are kept apart from the seal, the
    value encrypted. Joins the caller's transaction, so that a seal never stands without what is behind it."""
    rows = []
    for person_id, value in sorted(values.items()):
        salt = new_salt()
        rows.append(
            PersonalValue(
                commitment=commitment(value, salt=salt),
                person_id=person_id,
                salt=salt,
                value=canonical_bytes(value).decode(),
                committed_at=now,
            )
        )
    PersonalValue.objects.bulk_create(rows)
    return {row.person_id: row.commitment for row in rows}


def open_commitments(*, commitments: Collection[str]) -> dict[str, OpenedValue]:
    """The value and salt behind each commitment that can still be opened; those of erased people are missing."""
    rows = PersonalValue.objects.filter(commitment__in=set(commitments))
    return {
        row.commitment: OpenedValue(person_id=row.person_id, salt=row.salt, value=json.loads(row.value or "null"))
        for row in rows
    }
