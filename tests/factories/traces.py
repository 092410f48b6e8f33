"""Where something personal still lies: every row of every table, clear and decrypted, and every object of the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps

from media import store


def traces_in_tables(needles: Collection[str]) -> list[str]:
    """`table.column` of each value that holds one of the needles, encrypted columns read in clear."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        fields = model._meta.concrete_fields
        for values in model._base_manager.values_list(*(field.attname for field in fields)).iterator():
            for field, value in zip(fields, values, strict=True):
                if any(needle in _text(value) for needle in needles):
                    found.add(f"{model._meta.db_table}.{field.column}")
    return sorted(found)


def traces_in_store(needles: Collection[str]) -> Iterator[str]:
    """The key of each object that holds one of the needles, in its name or its bytes."""
    for key in store.list_keys(""):
        content = store.get_bytes(key)
        if any(needle in key or needle.encode() in content for needle in needles):
            yield key


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)
