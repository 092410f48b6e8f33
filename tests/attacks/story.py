"""What an attack tells: asserted by its own file, printed in docs/attacks.md."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from types import ModuleType

import tests.attacks
import tests.honest
from tests.honest.court import Honest


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One attack in words and figures. `asked`: seconds of video that the cheat claimed, None where no number says it;
    `credited`: what the ledger gave; `honest`: what an honest twin got in the same wall time; `flags`: what a person is
    asked to look at."""

    attack: str
    does: str
    asked: int | None
    credited: int
    honest: int
    reasons: dict[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


def all_stories() -> list[tuple[str, Story]]:
    """The stories of every attack, by file name."""
    return [(name, story) for name, module in modules_of(tests.attacks) for story in getattr(module, "STORIES", ())]


def honest_stories() -> list[tuple[str, Honest]]:
    """The story of every honest situation, by file name."""
    return [(name, module.STORY) for name, module in modules_of(tests.honest)]


def modules_of(package: ModuleType) -> list[tuple[str, ModuleType]]:
    """The test modules in the package's folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [(name, importlib.import_module(f"{package.__name__}.{name}")) for name in names if name.startswith("test_")]
