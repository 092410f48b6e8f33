"""What an attack tells: asserted by its own file, printed in docs/attacks.md."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field

import tests.attacks


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
    """The stories of every file in the folder, by file name."""
    found: list[tuple[str, Story]] = []
    for module in sorted(pkgutil.iter_modules(tests.attacks.__path__), key=lambda one: one.name):
        if module.name.startswith("test_"):
            loaded = importlib.import_module(f"tests.attacks.{module.name}")
            found += [(module.name, story) for story in getattr(loaded, "STORIES", ())]
    return found
