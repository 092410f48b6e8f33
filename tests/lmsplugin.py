"""Loaded by `-p tests.lmsplugin` before the settings are read: real engines for every test.

Importing chooses folders and ports and sets the environment. Engines start after collection, and
only those that the collected tests need.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from lms.config.translations import compile_catalogues
from tests.engines import ROOT, TestEngines

if "PYTEST_XDIST_WORKER" not in os.environ:
    compile_catalogues(ROOT / "frontend" / "locale")  # before anything asks Django for a word: it reads them once
ENGINES = TestEngines()
os.environ.update(ENGINES.environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.test"
os.environ.pop("DATABASE_ROLE", None)

BROWSER = "tests/browser/"
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests are the longest: they go first."""
    items.sort(key=lambda item: _folder(item) != "browser")


class ByModule(LoadScopeScheduling):
    """Beside each other (`-n 2`) run whole modules, each with its fixtures; the browser's are one demo's story."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    return ByModule(config, log)


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
