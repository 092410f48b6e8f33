"""The test database: migrated once as the owner, used as the application, restored by copying.

Append-only tables refuse TRUNCATE, so a test that commits cannot be undone by emptying tables.
Instead the whole database is dropped and another copy of the migrated template takes its name.
One spare copy is always being made in the background.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from lms.config.engines import postgres
from tests.engines import CACHE, ROOT, TestEngines, unique_suffix

NAME, TEMPLATE, SPARE = "zp_test", "zp_template", "zp_spare"
_KEPT = 8


def _digest() -> str:
    """Changes with whatever shapes the migrated database: migrations, models, libraries, the month."""
    found = hashlib.sha256()
    for distribution in sorted(f"{d.name}-{d.version}" for d in importlib.metadata.distributions()):
        found.update(distribution.encode())
    found.update(" ".join(settings.INSTALLED_APPS).encode())
    today = date.today()  # month partitions are made ahead of the calendar
    found.update(f"{today.year}-{today.month}".encode())
    for package in ("lms", "courses", "media"):
        for path in sorted((ROOT / package).rglob("*")):
            parts = set(path.relative_to(ROOT).parts)
            shapes = path.name in {"models.py", "apps.py"} or parts & {"migrations", "models", "db", "engines", "packs"}
            if path.is_file() and shapes and "__pycache__" not in parts:
                found.update(str(path.relative_to(ROOT)).encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:20]


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of several runs that start together one migrates, the others copy what it kept."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with CACHE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class TestDatabase:
    __test__ = False

    def __init__(self, engines: TestEngines) -> None:
        self.engines = engines
        self.cluster = engines.cluster
        self._spare: threading.Thread | None = None
        self._spare_is_whole = False

    # --- template -----------------------------------------------------------------
    def set_up(self) -> None:
        """The test database exists and Django's default connection is the application's."""
        with _one_at_a_time():
            self._seed()
            self.engines.need("postgres")
            if not self._has(TEMPLATE):
                postgres.create_roles(self.cluster)
                postgres.create_database(self.cluster, TEMPLATE)
                self._migrate()
                self._keep()
        self._copy(NAME)
        self._point(role=postgres.APP, database=NAME)
        self._make_spare()

    def _seed(self) -> None:
        """The cluster's folder is a kept one if migrations have not changed since (before start)."""
        kept = CACHE / _digest() / "postgres"
        if kept.exists() and not self.cluster.data_dir.exists():
            shutil.copytree(kept, self.cluster.data_dir, symlinks=True)
            os.utime(kept.parent)

    def _has(self, name: str) -> bool:
        with self._super() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _migrate(self) -> None:
        self._point(role=postgres.OWNER, database=TEMPLATE)
        call_command("migrate", verbosity=0, interactive=False)
        connections.close_all()

    def _keep(self) -> None:
        """Later runs find the migrated cluster; the oldest kept ones make room."""
        self.engines.end("postgres")
        fresh = CACHE / f"new-{unique_suffix()}"
        fresh.mkdir(parents=True)
        shutil.copytree(self.cluster.data_dir, fresh / "postgres", symlinks=True)
        try:
            fresh.rename(CACHE / _digest())
        except OSError:  # another run was quicker
            shutil.rmtree(fresh, ignore_errors=True)
        for old in sorted(CACHE.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
        self.engines.need("postgres")

    # --- restoring -------------------------------------------------------------------
    def restore(self) -> None:
        """The test database is a fresh copy of the template: rows, sequences, triggers, all of it."""
        self.finish()
        with self._super() as connection:
            connection.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", NAME))
            if self._spare_is_whole:
                connection.execute(_statement("ALTER DATABASE {} RENAME TO {}", SPARE, NAME))
        if not self._spare_is_whole:
            self._copy(NAME)
        self._make_spare()

    def finish(self) -> None:
        connections.close_all()
        if self._spare is not None:
            self._spare.join()

    def _make_spare(self) -> None:
        def make() -> None:
            try:
                self._copy(SPARE)
                self._spare_is_whole = True
            except psycopg.Error:
                """A test has stopped the server meanwhile; the next restore copies by itself."""

        self._spare_is_whole = False
        self._spare = threading.Thread(target=make, daemon=True)
        self._spare.start()

    def _copy(self, name: str) -> None:
        with self._super() as connection:
            connection.execute(_statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))
            connection.execute(
                _statement("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy", name, postgres.OWNER, TEMPLATE)
            )

    # --- connections ---------------------------------------------------------------------
    def _super(self) -> psycopg.Connection:
        return psycopg.connect(self.cluster.url(postgres.SUPERUSER, "postgres"), autocommit=True)

    def owner(self) -> psycopg.Connection:
        """A connection of the owner to the test database, each statement its own transaction."""
        return psycopg.connect(self.cluster.url(postgres.OWNER, NAME), autocommit=True)

    def _point(self, *, role: str, database: str) -> None:
        connections.close_all()
        place = urlsplit(self.cluster.url(role, database))
        connections.settings["default"].update(USER=role, PASSWORD=place.password, NAME=database)
        # The wrapper of this thread may hold an older copy of the settings.
        connections["default"].settings_dict.update(USER=role, PASSWORD=place.password, NAME=database)


def _statement(template: str, *names: str) -> sql.Composed:
    return sql.SQL(template).format(*(sql.Identifier(name) for name in names))
