"""Finds the sources: one file in `sources/` is the whole installation."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from lms.evidence import sources as shipped
from lms.evidence.data import UnknownSource
from lms.evidence.source import Source


class SourceIsBroken(RuntimeError):
    """A file in the folder of sources has no SOURCE, or two files claim one code. The platform must not start."""


def find_sources(folder: str, package: str) -> dict[str, Source]:
    """Every SOURCE of the files in `folder` by code. Raises SourceIsBroken and names the files."""
    found: dict[str, Source] = {}
    origin: dict[str, str] = {}
    for module_info in sorted(pkgutil.iter_modules([folder]), key=lambda info: info.name):
        module = importlib.import_module(f"{package}.{module_info.name}")
        source = getattr(module, "SOURCE", None)
        if not isinstance(source, Source):
            raise SourceIsBroken(f"{module.__name__} has no SOURCE")
        if source.code in found:
            raise SourceIsBroken(f"{module.__name__} and {origin[source.code]} both claim the code {source.code!r}")
        found[source.code] = source
        origin[source.code] = module.__name__
    return found


@cache
def installed_sources() -> Mapping[str, Source]:
    """The sources shipped with the platform, found once."""
    return find_sources(next(iter(shipped.__path__)), shipped.__name__)


def find_source(code: str) -> Source:
    """The source with this code. Raises UnknownSource."""
    try:
        return installed_sources()[code]
    except KeyError:
        raise UnknownSource(code) from None
