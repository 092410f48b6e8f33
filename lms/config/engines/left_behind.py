"""The environment that the supervisor left in STATE_DIR, for a bare `python manage.py …`."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE_NAME = "environment.json"


def state_dir() -> Path:
    return Path(os.environ.get("STATE_DIR") or Path(__file__).resolve().parents[3] / "var").resolve()


def load_left_environment() -> None:
    """Variables missing from the environment are filled from STATE_DIR/environment.json if it exists."""
    path = state_dir() / FILE_NAME
    if "DATABASE_URL" in os.environ or not path.exists():
        return
    for name, value in json.loads(path.read_text()).items():
        os.environ.setdefault(name, value)
