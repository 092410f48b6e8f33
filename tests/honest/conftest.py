from __future__ import annotations

from tests.attacks.conftest import stage

__all__ = ["stage"]
