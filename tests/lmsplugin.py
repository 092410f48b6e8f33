"""Loaded by `-p tests.lmsplugin` before the settings are read: real engines for every test.

Importing chooses folders and ports and sets the environment. Engines start after collection, and
only those that the collected tests need.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lms.config.translations import compile_catalogues
from tests.engines import ROOT, TestEngines

ENGINES = TestEngines()
os.environ.update(ENGINES.environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.test"
os.environ.pop("DATABASE_ROLE", None)

# Tests in these folders judge plain values and need no engine, unless one asks for the database.
PURE = ("rules", "golden", "architecture", "bench")
_DATABASE = frozenset({"db", "transactional_db", "live_server", "django_db_setup", "owner_connection"})


def _is_pure(item: pytest.Item) -> bool:
    folder = Path(item.path).relative_to(ROOT / "tests").parts[0]
    asks = item.get_closest_marker("django_db") or _DATABASE.intersection(getattr(item, "fixturenames", ()))
    return folder in PURE and not asks


def pytest_configure() -> None:
    compile_catalogues(ROOT / "frontend" / "locale")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the collected tests need is starting while the first of them is set up."""
    if session.config.option.collectonly:
        return
    if any(not _is_pure(item) for item in session.items):
        from tests.conftest import DATABASE

        DATABASE.seed()
        ENGINES.begin("streams", "cache", "postgres")
        ENGINES.need("streams", "cache")
    if any("storage" in getattr(item, "fixturenames", ()) for item in session.items):
        ENGINES.begin("storage")


def pytest_unconfigure() -> None:
    ENGINES.close()
