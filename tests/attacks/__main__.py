"""`python -m tests.attacks`: docs/attacks.md says what the suite asserts."""

from __future__ import annotations

import django

import tests.lmsplugin  # noqa: F401  settings as in tests

django.setup()

from tests.attacks.sheet import SHEET, render  # noqa: E402

SHEET.write_text(render(), encoding="utf-8")
