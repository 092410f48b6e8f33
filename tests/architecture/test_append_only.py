"""Facts are immutable, and it is the database that says so."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from lms.db.api import AppendOnlyModel

pytestmark = pytest.mark.django_db

COLUMNS = {
    model._meta.db_table: next(field.column for field in model._meta.concrete_fields if not field.primary_key)
    for model in apps.get_models()
    if issubclass(model, AppendOnlyModel)
}
GUARDED = sorted(COLUMNS)


def partitions_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        return [row[0] for row in cursor.fetchall()]


def test_there_are_append_only_tables() -> None:
    assert len(GUARDED) >= 10
    assert "ledger_entry" in GUARDED


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = DEFAULT", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_may_not_change_a_fact(table: str, statement: str) -> None:
    for target in (table, *partitions_of(table)):
        with (
            connection.cursor() as cursor,
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            cursor.execute(statement.format(f'"{target}"', COLUMNS[table]))


@pytest.mark.parametrize("table", GUARDED)
def test_even_the_owner_meets_the_trigger(table: str, owner_connection: psycopg.Connection) -> None:
    for target in (table, *partitions_of(table)):
        names = owner_connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", [target]
        ).fetchall()
        assert {"refuse_row_change", "refuse_truncate"} <= {name for (name,) in names}, target
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner_connection.execute(f'TRUNCATE "{target}" CASCADE')
