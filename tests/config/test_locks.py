"""The locks pin what pyproject.toml asks for, with hashes and without addresses."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.engines import ROOT

LOCKS = {
    "requirements.lock": ("project",),
    "requirements-dev.lock": ("project", "dev", "frontend"),
    "requirements-frontend.lock": ("frontend",),
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)


def _asked(groups: tuple[str, ...]) -> list[Requirement]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts: list[str] = []
    for group in groups:
        entries = told["project"]["dependencies"] if group == "project" else told["dependency-groups"][group]
        texts += [entry for entry in entries if isinstance(entry, str)]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", LOCKS)
def test_each_wish_is_pinned_within_its_range(lock: str) -> None:
    pins = {canonicalize_name(name): Version(version) for name, version in _PIN.findall((ROOT / lock).read_text())}
    for wish in _asked(LOCKS[lock]):
        assert wish.specifier.contains(pins[canonicalize_name(wish.name)]), f"run `make lock`: {wish}"


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_has_a_hash_and_none_an_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    blocks = [block for block in re.split(r"\n(?=[A-Za-z0-9])", text) if _PIN.match(block)]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert re.findall(r"https?://|--index", text) == []
