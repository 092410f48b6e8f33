"""Every text that people may read: as the code asks for it, and as the catalogues translate it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import django
import polib
from django.apps import apps
from django.template import Context, Engine, engines
from django.template.base import Node, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "frontend" / "locale").glob("*/zh_Hans/LC_MESSAGES/django.po"))
_CALLS = {
    "gettext": (None, 0),
    "gettext_lazy": (None, 0),
    "gettext_noop": (None, 0),
    "ngettext": (None, 0),
    "ngettext_lazy": (None, 0),
    "pgettext": (0, 1),
    "pgettext_lazy": (0, 1),
    "npgettext": (0, 1),
    "npgettext_lazy": (0, 1),
}
_IN_EXPRESSION = re.compile(r"""_\((["'])(.+?)\1\)""")  # {% include … with alt=_("Done") %}


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A message id with its context ("" for none)."""

    context: str
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    word: Word
    place: str


@cache
def used() -> tuple[Use, ...]:
    """Each message that code and templates ask for, with the place that asks."""
    return (*_in_templates(), *_in_code())


@cache
def translated() -> dict[Word, dict[str, str]]:
    """Each message of our catalogues: catalogue name to its Chinese."""
    found: dict[Word, dict[str, str]] = {}
    for path in CATALOGUES:
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                found.setdefault(word_of(entry), {})[path.parts[-4]] = chinese_of(entry)
    return found


@cache
def of_libraries(language: str) -> dict[Word, dict[str, str]]:
    """The same for the libraries among the installed apps, and for Django itself."""
    places = [config.path for config in apps.get_app_configs() if not config.path.startswith(str(ROOT / "lms"))]
    found: dict[Word, dict[str, str]] = {}
    for place in (*places, str(Path(django.__file__).parent / "conf")):
        path = Path(place) / "locale" / language / "LC_MESSAGES" / "django.po"
        if path.exists():
            for entry in polib.pofile(str(path)):
                if not entry.obsolete and "fuzzy" not in entry.flags:
                    found.setdefault(word_of(entry), {})[Path(place).parts[-1]] = chinese_of(entry)
    return found


def word_of(entry: Any) -> Word:
    return Word(entry.msgctxt or "", entry.msgid)


def chinese_of(entry: Any) -> str:
    """What the reader sees; the plural form where there is one (Chinese has a single form)."""
    return str(entry.msgstr or next(iter(entry.msgstr_plural.values()), ""))


def _in_templates() -> Iterator[Use]:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]  # the Django backend holds one
    folder = ROOT / "frontend" / "templates"
    for path in sorted(folder.rglob("*.html")):
        place = str(path.relative_to(ROOT))
        source = path.read_text(encoding="utf-8")
        for _, text in _IN_EXPRESSION.findall(source):
            yield Use(Word("", text), place)
        template = Template(source, engine=engine)
        for node in template.nodelist.get_nodes_by_type(Node):
            if isinstance(node, TranslateNode):
                text = getattr(node.filter_expression.var, "literal", None)
                if isinstance(text, str):
                    yield Use(Word(_context(node), text), place)
            elif isinstance(node, BlockTranslateNode):
                yield Use(Word(_context(node), node.render_token_list(node.singular)[0]), place)


def _context(node: TranslateNode | BlockTranslateNode) -> str:
    expression = node.message_context
    return str(expression.resolve(Context())) if expression else ""


def _in_code() -> Iterator[Use]:
    for package in ("lms", "courses", "media"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = {
                alias.asname or alias.name: alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
                for alias in node.names
                if alias.name in _CALLS
            }
            place = str(path.relative_to(ROOT))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                    yield from _asked(node, *_CALLS[names[node.func.id]], f"{place}:{node.lineno}")


def _asked(call: ast.Call, context_at: int | None, text_at: int, place: str) -> Iterator[Use]:
    text = call.args[text_at]
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        context = call.args[context_at] if context_at is not None else None
        yield Use(Word(str(context.value) if isinstance(context, ast.Constant) else "", text.value), place)
    elif isinstance(text, ast.JoinedStr):
        message = f"{place}: a message is put together at run time, so no catalogue can hold it"
        raise TypeError(message)
