"""The ledger's tables defend themselves: whoever asks, through the parent or any partition."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from lms.ledger.api import make_partitions, post_credit
from lms.ledger.models import Entry
from tests.factories.ledger import NOON, NOW, enrol_learners, proposal_of, row_counts, video

TODAY = date(2033, 5, 20)


def partitions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [table]
        )
        return [name for (name,) in cursor.fetchall()]


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return "permission denied" in str(error)
    return False


@pytest.mark.django_db
def test_the_application_changes_no_entry_in_any_partition() -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, 60_000, 0)), now=NOW)
    before = row_counts()
    tables = ["ledger_entry", "ledger_entrykey", *partitions("ledger_entry")]
    assert len(tables) >= 19
    for table in tables:
        for statement in ("UPDATE {} SET seq = seq", "DELETE FROM {}", "TRUNCATE {}"):
            assert refused(statement.format(table)), (statement, table)
    assert row_counts() == before


@pytest.mark.django_db(transaction=True)
def test_the_owner_meets_the_trigger_in_every_partition(owner_connection: psycopg.Connection) -> None:
    (learner,) = enrol_learners()
    post_credit(proposal=proposal_of(learner, video(NOON, 60_000, 0)), now=NOW)
    used = Entry.objects.extra(select={"place": "tableoid::regclass::text"}).get().place
    for table in ("ledger_entry", used, "ledger_entrykey"):
        for statement in ("UPDATE {} SET seq = 5", "DELETE FROM {}"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
                owner_connection.execute(statement.format(table))
    for table in ("ledger_entry", "ledger_entrykey", *partitions("ledger_entry")):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            owner_connection.execute(f"TRUNCATE {table}")


@pytest.mark.django_db(transaction=True)
def test_the_application_makes_months_ahead_and_they_are_guarded(owner_connection: psycopg.Connection) -> None:
    before = partitions("ledger_entry")

    assert make_partitions(today=TODAY) == 8
    assert make_partitions(today=TODAY) == 0

    fresh = sorted(set(partitions("ledger_entry")) - set(before))
    assert fresh == ["ledger_entry_2033_05", "ledger_entry_2033_06", "ledger_entry_2033_07", "ledger_entry_2033_08"]
    for table in fresh:
        assert refused(f"UPDATE {table} SET seq = seq")
        triggers = owner_connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", [table]
        ).fetchall()
        assert {"refuse_row_change", "refuse_truncate"} <= {name for (name,) in triggers}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'ledger_occupied_2033%' AND relkind = 'r'")
        assert len(cursor.fetchall()) == 4


@pytest.mark.django_db
def test_the_application_makes_tables_in_no_other_way() -> None:
    assert refused(
        "CREATE TABLE ledger_entry_2099_01 PARTITION OF ledger_entry FOR VALUES FROM ('2099-01-01') TO ('2099-02-01')"
    ) or refused("CREATE TABLE mine (id int)")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_guard_partition('ledger_head')")
    with pytest.raises(DatabaseError, match="between 1 and 60"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_make_partitions('2026-01-01', 100000)")


@pytest.mark.django_db(transaction=True)
def test_a_month_that_began_in_the_default_partition_stays_there() -> None:
    (learner,) = enrol_learners()
    late = NOW.replace(year=2033)
    post_credit(proposal=proposal_of(learner, video(NOON, 60_000, 0)), now=late)

    assert make_partitions(today=late.date()) == 6

    assert "ledger_entry_2033_03" not in partitions("ledger_entry")
    post_credit(proposal=proposal_of(learner, video(NOON + 60_000, 60_000, 60_000)), now=late)
    assert row_counts(("ledger_entry_default",)) == {"ledger_entry_default": 2}
