"""The environment that the supervisor left in STATE_DIR, for a bare `python manage.py …`."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE_NAME = "environment.json"


def state_dir() -> Path:
    return Path(os.environ.get("STATE_DIR") or Path(__file__).resolve().parents[3] / "var").resolve()


def load_left_environment() -> None:
    """Variables missing from the environment are filled from STATE_DIR/environment.json.

    Ends the program, saying what to do, when there is neither the one nor the other.
    """
    if "DATABASE_URL" in os.environ:
        return
    path = state_dir() / FILE_NAME
    if not path.exists():
        raise SystemExit(
            f"No environment: {path} does not exist. Run `make demo` once (and keep it running), set STATE_DIR to "
            "the folder of a running demo, or set DATABASE_URL and the other variables of docs/operations.md."
        )
    for name, value in json.loads(path.read_text()).items():
        os.environ.setdefault(name, value)
