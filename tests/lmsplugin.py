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

if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_catalogues(ROOT / "frontend" / "locale")  # before anything asks Django for a word: it reads them once
ENGINES = TestEngines()
os.environ.update(ENGINES.environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.test"
os.environ.pop("DATABASE_ROLE", None)

# Tests in these folders judge plain values and need no engine, unless one asks for the database.
PURE = ("rules", "golden", "architecture", "bench")
_DATABASE = frozenset({"db", "transactional_db", "live_server", "django_db_setup", "owner_connection"})


def _folder(item: pytest.Item) -> str:
    return Path(item.path).relative_to(ROOT / "tests").parts[0]


def _is_pure(item: pytest.Item) -> bool:
    asks = item.get_closest_marker("django_db") or _DATABASE.intersection(getattr(item, "fixturenames", ()))
    return _folder(item) in PURE and not asks


def _only_collects_for_workers(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)  # the groups are read by the same hook of the plugin that spreads the tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Beside each other (`-n 2`) run whole modules, each with its fixtures; the browser's tests are one demo's story
    and the longest, so they go first."""
    items.sort(key=lambda item: _folder(item) != "browser")
    for item in items:
        group = "browser" if _folder(item) == "browser" else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the collected tests need is starting while the first of them is set up."""
    if session.config.option.collectonly or _only_collects_for_workers(session.config):
        return
    if any(not _is_pure(item) for item in session.items):
        ENGINES.begin("streams", "cache")
        ENGINES.need("streams", "cache")
    if any("storage" in getattr(item, "fixturenames", ()) for item in session.items):
        ENGINES.begin("storage")


def pytest_unconfigure() -> None:
    ENGINES.close()
