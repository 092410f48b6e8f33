"""Which of our packages are on disk; goes away once the list of apps is frozen."""

from __future__ import annotations

import ast
import os

from lms.config.settings.environment import ROOT

PLANNED = (
    "lms.db", "lms.web", "lms.notices", "lms.accounts", "lms.support", "media", "courses", "lms.hours",
    "lms.enrolment", "lms.evidence", "lms.ledger", "lms.player", "lms.live", "lms.practice", "lms.assessment",
    "lms.mentoring", "lms.completion", "lms.subsidy", "lms.claims", "lms.oversight", "lms.flow", "lms.portal",
    "lms.demo",
)  # fmt: skip


def _exists(package: str) -> bool:
    folder = ROOT / package.replace(".", "/")
    if not (folder / "apps.py").exists():
        return False
    # Wagtail's migrations need the user model, so accounts counts only once it can be migrated.
    return package != "lms.accounts" or any((folder / "migrations").glob("0001*.py"))


def packages() -> list[str]:
    """Our packages with an apps.py; `ONLY_APPS=a,b` narrows them (for a colleague's broken tree)."""
    only = {name for name in os.environ.get("ONLY_APPS", "").split(",") if name}
    return [package for package in PLANNED if _exists(package) and (not only or package in only)]


def module_exists(dotted: str) -> bool:
    package = dotted.rpartition(".")[0]
    return package in packages() and (ROOT / (dotted.replace(".", "/") + ".py")).exists()


def defined(dotted: str, *, ending: str = "") -> list[str]:
    """Dotted names of the classes and functions of a module, read without importing it."""
    if not module_exists(dotted):
        return []
    tree = ast.parse((ROOT / (dotted.replace(".", "/") + ".py")).read_text())
    return [
        f"{dotted}.{node.name}"
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.endswith(ending)
        and not node.name.startswith("_")
    ]
