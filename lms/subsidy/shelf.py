"""The policy packs that ship with the product: one TOML file each, dropped into `policies/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lms.lib.workdays import shipped_calendar
from lms.subsidy.engine.pack import Pack, PackSet
from lms.subsidy.engine.reader import read_pack


@cache
def shipped_packs() -> tuple[Pack, ...]:
    """Every shipped pack, read and checked, in order of file name. Raises PackError."""
    return tuple(read_pack(text) for text in shipped_texts().values())


@cache
def shipped_pack_set() -> PackSet:
    """The shipped packs with the shipped calendar."""
    return PackSet(packs=shipped_packs(), calendar=shipped_calendar())


def shipped_texts() -> dict[str, str]:
    """The text of each shipped pack by file name."""
    folder = files("lms.subsidy").joinpath("policies")
    found = sorted((item.name, item) for item in folder.iterdir() if item.name.endswith(".toml"))
    return {name: item.read_text(encoding="utf-8") for name, item in found}
