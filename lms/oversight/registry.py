"""Finds the rules: one file in `rules/` is the whole installation."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from lms.oversight import rules as shipped
from lms.oversight.data import SubjectKind
from lms.oversight.rule import Rule


class RuleIsBroken(RuntimeError):
    """A file in the folder of rules has no RULE, or its code is not its name. The platform must not start."""


def find_rules(folder: str, package: str) -> dict[str, Rule]:
    """Every RULE of the files in `folder` by code. Raises RuleIsBroken and names the file."""
    found: dict[str, Rule] = {}
    for module_info in sorted(pkgutil.iter_modules([folder]), key=lambda one: one.name):
        module = importlib.import_module(f"{package}.{module_info.name}")
        rule = getattr(module, "RULE", None)
        if not isinstance(rule, Rule) or rule.code != module_info.name:
            raise RuleIsBroken(f"{module.__name__} has no RULE of its own name")
        found[rule.code] = rule
    return found


@cache
def installed_rules() -> Mapping[str, Rule]:
    """The rules shipped with the platform, found once."""
    return find_rules(next(iter(shipped.__path__)), shipped.__name__)


def rules_about(subject: SubjectKind) -> tuple[Rule, ...]:
    """The rules that speak of such subjects."""
    return tuple(rule for rule in installed_rules().values() if rule.subject is subject)
