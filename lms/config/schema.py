"""Endpoints that are not REST framework views enter the OpenAPI document here.

A module named under OPENAPI in `settings/packages.py` has `PATHS` (path -> path item) and `SCHEMAS` (name -> schema),
for instance made by `msgspec.json.schema_components`; both are merged into the document.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from lms.config.settings.packages import OPENAPI

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def only_our_api(endpoints: list[tuple[Any, ...]], **_kwargs: Any) -> list[tuple[Any, ...]]:
    """Wagtail's admin has an API of its own, for itself: it is no promise of ours."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def add_package_endpoints(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """The document with every package's own paths and schemas in it."""
    paths = result.setdefault("paths", {})
    components = result.setdefault("components", {}).setdefault("schemas", {})
    for name in OPENAPI:
        module = importlib.import_module(name)
        paths.update({path: _operations(path, item) for path, item in module.PATHS.items()})
        components.update(getattr(module, "SCHEMAS", {}))
    return result


def _operations(path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """The path's operations alone, each complete in itself: the generator that takes them knows nothing else."""
    shared = item.get("parameters", [])
    return {
        method: {
            "operationId": f"{method}_{re.sub(r'[^a-z0-9]+', '_', path.lower()).strip('_')}",
            **operation,
            **({"parameters": [*shared, *operation.get("parameters", [])]} if shared else {}),
        }
        for method, operation in item.items()
        if method in _METHODS
    }
