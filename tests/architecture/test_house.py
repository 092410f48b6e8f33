"""The habits of the house that a machine can check: names, sizes, migrations, and no float near hours or money."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from wagtail.models import Page

from lms.flow.drain import NEXT_STEP

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for package in ("lms", "courses", "media")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
BANNED = {"core", "common", "utils", "util", "manager", "helper", "helpers", "process", "handle", "info", "misc"}
MONEY_AND_HOURS = ("lms/ledger", "lms/completion", "lms/subsidy", "lms/claims", "lms/evidence", "lms/hours", "lms/lib")
# What writes for the eye may hold a float: a size on paper, never an amount.
EYE = {"lms/completion/certificate.py"}
OURS = [config for config in apps.get_app_configs() if config.name.split(".")[0] in {"lms", "courses", "media"}]


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_has_outgrown_its_package() -> None:
    long = {_named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {
        name: lines for name, lines in long.items() if lines > 500 or (name.endswith("/api.py") and lines > 400)
    } == {}


def test_no_module_has_a_name_that_hides_what_it_does() -> None:
    assert [_named(path) for path in SOURCES if path.stem in BANNED or set(path.parts) & BANNED] == []


def test_every_package_says_what_it_is_for() -> None:
    homes = [Path(config.path) for config in OURS if config.label != "config"] + [ROOT / "lms" / "lib"]
    assert [str(home) for home in homes if not (home / "README.md").exists()] == []


def test_every_door_names_what_it_gives() -> None:
    doors = [path for path in SOURCES if path.name == "api.py"]
    assert [_named(path) for path in doors if "__all__" not in path.read_text(encoding="utf-8")] == []
    assert len(doors) >= 15


def test_every_function_of_a_door_says_what_is_true_afterwards() -> None:
    silent = []
    for path in SOURCES:
        if path.name != "api.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent += [
            f"{_named(path)}: {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
        ]
    assert silent == []


def _floats(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not isinstance(node.right, ast.Constant):
            yield from () if _is_path(node) else (node.lineno,)


def _is_path(node: ast.BinOp) -> bool:
    """`folder / "name"` joins paths and divides nothing."""
    text = ast.unparse(node)
    return "Path" in text or "folder" in text or "files(" in text or "'" in text


def test_no_float_comes_near_hours_or_money() -> None:
    found = [
        f"{_named(path)}:{line}"
        for path in SOURCES
        if _named(path).startswith(MONEY_AND_HOURS) and _named(path) not in EYE
        for line in _floats(path)
    ]
    assert found == []


def test_no_table_keeps_a_float() -> None:
    kept = [
        f"{model._meta.label}.{field.name}"
        for config in OURS
        for model in config.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, (models.FloatField, models.DecimalField))
    ]
    assert kept == []


def test_nothing_that_others_point_to_can_be_deleted_under_them() -> None:
    """Foreign keys of ours protect what they point to; inside one package working state may go with its parent, and
    what a Wagtail page inherits is Wagtail's."""
    loose = []
    for config in OURS:
        for model in config.get_models():
            for field in model._meta.concrete_fields:
                target = field.related_model if isinstance(field, models.ForeignKey) else None
                if not isinstance(target, type) or target._meta.app_label == config.label or hasattr(Page, field.name):
                    continue
                ours = any(target._meta.app_label == other.label for other in OURS)
                if ours and getattr(field.remote_field, "on_delete", None) is not models.PROTECT:
                    loose.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert loose == []


def test_migrations_have_real_names() -> None:
    names = [path.name for config in OURS for path in Path(config.path).glob("migrations/0*.py")]
    assert [name for name in names if re.search(r"_auto_|_alter_|initial", name)] == []
    assert len(names) > 15


@pytest.mark.django_db
def test_models_and_migrations_agree(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    assert "No changes detected" in capsys.readouterr().out


def _announced() -> Iterator[str]:
    """Every topic that our code announces, spelled out or by the name of a constant."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]
    constants = {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [keyword.value for keyword in node.keywords if keyword.arg == "topic"]
        if name in {"announce", "announce_many"} and given:
            topic = given[0]
            if isinstance(topic, ast.Constant):
                yield str(topic.value)
            elif isinstance(topic, ast.Name) and topic.id in constants:
                yield str(constants[topic.id])


def test_the_way_has_a_step_for_each_announcement_and_no_other() -> None:
    assert set(_announced()) == set(NEXT_STEP)
