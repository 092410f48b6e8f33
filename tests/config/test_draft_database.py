"""The schema is changed in a draft that takes the database's name when it is whole."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from lms.config.engines import postgres
from tests.lmsplugin import ENGINES

NAME, DRAFT = "draft_test", "draft_test_draft"


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    ENGINES.need("postgres")
    postgres.create_roles(ENGINES.cluster)
    forget(ENGINES.cluster)
    yield ENGINES.cluster
    forget(ENGINES.cluster)


def forget(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.url(postgres.SUPERUSER, "postgres"), autocommit=True) as connection:
        for name in (NAME, DRAFT, f"{NAME}_former"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def migrate(cluster: postgres.Cluster, *tables: str) -> None:
    """As a migration would: each table in a transaction of its own, by the owner."""
    with psycopg.connect(cluster.url(postgres.OWNER, DRAFT), autocommit=True) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} (id int)")


def tables(cluster: postgres.Cluster, name: str = NAME, role: str = postgres.APP) -> list[str]:
    with psycopg.connect(cluster.url(role, name)) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def test_a_first_migration_that_was_killed_is_begun_anew(cluster: postgres.Cluster) -> None:
    postgres.begin_draft(cluster, NAME, DRAFT)
    migrate(cluster, "one")  # committed, and never noted down
    assert not postgres.has_database(cluster, NAME)
    postgres.begin_draft(cluster, NAME, DRAFT)
    migrate(cluster, "one", "two")
    postgres.publish_draft(cluster, NAME, DRAFT)
    assert tables(cluster) == ["one", "two"]
    assert not postgres.has_database(cluster, DRAFT)


def test_a_later_migration_that_was_killed_leaves_the_database_as_it_was(cluster: postgres.Cluster) -> None:
    postgres.begin_draft(cluster, NAME, DRAFT)
    migrate(cluster, "one")
    postgres.publish_draft(cluster, NAME, DRAFT)
    with psycopg.connect(cluster.url(postgres.APP, NAME), autocommit=True) as connection:
        connection.execute("INSERT INTO one VALUES (7)")
    postgres.begin_draft(cluster, NAME, DRAFT)
    migrate(cluster, "two")
    assert tables(cluster) == ["one"]
    postgres.begin_draft(cluster, NAME, DRAFT)
    migrate(cluster, "two")
    postgres.publish_draft(cluster, NAME, DRAFT)
    assert tables(cluster) == ["one", "two"]
    with psycopg.connect(cluster.url(postgres.APP, NAME)) as connection:
        assert connection.execute("SELECT id FROM one").fetchall() == [(7,)]
    assert not postgres.has_database(cluster, f"{NAME}_former")


def test_a_draft_is_as_closed_as_the_database(cluster: postgres.Cluster) -> None:
    postgres.begin_draft(cluster, NAME, DRAFT)
    postgres.publish_draft(cluster, NAME, DRAFT)
    postgres.begin_draft(cluster, NAME, DRAFT)
    postgres.publish_draft(cluster, NAME, DRAFT)
    with psycopg.connect(cluster.url(postgres.APP, NAME)) as connection:
        acl = connection.execute("SELECT datacl::text FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        assert acl == ("{lms_owner=CTc/lms_owner,lms_app=Tc/lms_owner}",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
