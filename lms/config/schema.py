"""Endpoints that are not REST framework views enter the OpenAPI document here.

A package may have an `openapi.py` with `PATHS` (path -> path item) and `SCHEMAS` (name -> schema),
for instance made by `msgspec.json.schema_components`; both are merged into the document.
"""

from __future__ import annotations

import importlib
from typing import Any

from django.conf import settings

from lms.config.settings import present


def add_package_endpoints(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """The document with every package's own paths and schemas in it."""
    for app in settings.OUR_APPS:
        if present.module_exists(f"{app}.openapi"):
            module = importlib.import_module(f"{app}.openapi")
            result.setdefault("paths", {}).update(module.PATHS)
            components = result.setdefault("components", {}).setdefault("schemas", {})
            components.update(getattr(module, "SCHEMAS", {}))
    return result
