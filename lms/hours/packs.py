"""Pack files: read, checked and sealed. A value without a reference or a language is refused at load."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from lms.hours.data import ClauseText, HourLimits, HourValue, PackIsBroken, UnknownPack
from lms.lib.canonical import JSONValue, digest

_FOLDER = Path(__file__).parent / "packs"
_NOT_VALUES = {"pack", "category", "digest"}
_KINDS: dict[str, type[int | bool]] = {
    field.name: bool if field.type == "bool" else int for field in fields(HourLimits) if field.name not in _NOT_VALUES
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One checked pack: the values of each category, the clauses' words, and a digest over all of it."""

    pack_id: str
    in_force_from: date
    zh: str
    en: str
    content: JSONValue
    digest: str
    values: Mapping[str, Mapping[str, HourValue]]
    titles: Mapping[str, tuple[str, str]]
    clauses: Mapping[str, ClauseText]


@cache
def load_packs() -> Mapping[str, Pack]:
    """Every pack on disk by its id. Raises PackIsBroken naming the file and what is wrong in it."""
    packs: dict[str, Pack] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        pack = parse_pack(path.read_text(encoding="utf-8"), origin=path.name)
        if pack.pack_id in packs:
            raise PackIsBroken(f"{path.name}: the id {pack.pack_id} is taken by another file")
        packs[pack.pack_id] = pack
    return packs


def find_pack(pack_id: str) -> Pack:
    """The pack of that id. Raises UnknownPack."""
    try:
        return load_packs()[pack_id]
    except KeyError:
        raise UnknownPack(pack_id) from None


def parse_pack(text: str, *, origin: str) -> Pack:
    """The pack that a TOML text describes. Raises PackIsBroken."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackIsBroken(f"{origin}: {error}") from error
    unknown = set(raw) - {"id", "in_force_from", "zh", "en", "values", "categories", "clauses"}
    if unknown:
        raise PackIsBroken(f"{origin}: unknown entries {sorted(unknown)}")
    if not isinstance(raw.get("in_force_from"), date):
        raise PackIsBroken(f"{origin}: in_force_from is not a date")
    shared = {name: _value(name, entry, origin) for name, entry in _table(raw, "values", origin).items()}
    missing = set(_KINDS) - set(shared)
    if missing:
        raise PackIsBroken(f"{origin}: values missing: {sorted(missing)}")
    categories = _table(raw, "categories", origin)
    values = {name: shared | _own_values(name, entry, origin) for name, entry in categories.items()}
    _check_presence(values, origin)
    return Pack(
        pack_id=_text(raw, "id", origin),
        in_force_from=raw["in_force_from"],
        zh=_text(raw, "zh", origin),
        en=_text(raw, "en", origin),
        content=_plain(raw),
        digest=digest(_plain(raw)),
        values=values,
        titles={
            name: (_text(entry, "zh", f"{origin} {name}"), _text(entry, "en", f"{origin} {name}"))
            for name, entry in categories.items()
        },
        clauses={code: _clause(code, entry, origin) for code, entry in _table(raw, "clauses", origin).items()},
    )


def limits_in(pack: Pack, category: str) -> HourLimits:
    """The limits of one category. Raises UnknownPack."""
    values = pack.values.get(category)
    if values is None:
        raise UnknownPack(f"{pack.pack_id}/{category}")
    numbers: dict[str, Any] = {name: value.value for name, value in values.items()}
    return HourLimits(pack=pack.pack_id, category=category, digest=pack.digest, **numbers)


def _own_values(category: str, entry: Any, origin: str) -> dict[str, HourValue]:
    where = f"{origin} {category}"
    if not isinstance(entry, dict) or set(entry) - {"zh", "en", "values"}:
        raise PackIsBroken(f"{where}: a category holds zh, en and values")
    return {name: _value(name, value, where) for name, value in entry.get("values", {}).items()}


def _check_presence(values: Mapping[str, Mapping[str, HourValue]], origin: str) -> None:
    """Where presence is checked, everybody can answer: neither a picture nor a supervisor is ever the only way."""
    for name, found in values.items():
        if not found["presence_checks"].value:
            continue
        if not (found["presence_by_click"].value or found["presence_by_sms"].value):
            raise PackIsBroken(f"{origin} {name}: presence checks need presence_by_click or presence_by_sms")
        if found["presence_gap_from_seconds"].value > found["presence_gap_to_seconds"].value:
            raise PackIsBroken(f"{origin} {name}: presence_gap_from_seconds lies above presence_gap_to_seconds")


def _value(name: str, entry: Any, origin: str) -> HourValue:
    where = f"{origin} {name}"
    kind = _KINDS.get(name)
    if kind is None:
        raise PackIsBroken(f"{where}: no rule knows this value")
    if not isinstance(entry, dict) or set(entry) != {"value", "ref", "zh", "en"}:
        raise PackIsBroken(f"{where}: a value holds exactly value, ref, zh and en")
    value: Any = entry["value"]
    if type(value) is not kind or value < 0:
        raise PackIsBroken(f"{where}: {value!r} is no {kind.__name__} of at least 0")
    return HourValue(
        name=name,
        value=value,
        ref=_text(entry, "ref", where),
        zh=_text(entry, "zh", where),
        en=_text(entry, "en", where),
    )


def _clause(code: str, entry: Any, origin: str) -> ClauseText:
    where = f"{origin} {code}"
    words = {name: _text(entry, name, where) for name in ("zh", "en", "fix_zh", "fix_en")}
    return ClauseText(code=code, **words)


def _table(raw: Mapping[str, Any], name: str, origin: str) -> Mapping[str, Any]:
    table = raw.get(name)
    if not isinstance(table, dict) or not table:
        raise PackIsBroken(f"{origin}: no {name}")
    return table


def _text(entry: Any, name: str, where: str) -> str:
    text = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise PackIsBroken(f"{where}: {name} is missing")
    return text


def _plain(value: Any) -> JSONValue:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
