#!/usr/bin/env python3
"""Run a management command with the settings and the database role that it needs."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

OWNER_COMMANDS = frozenset({"migrate", "sqlmigrate"})  # they change the schema
OFFLINE_COMMANDS = frozenset({"run_policy_cases"})  # they read files and print
OURS = Path(__file__).parent / ".venv" / "bin" / "python"


def main() -> None:
    use_our_packages()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in OFFLINE_COMMANDS:
        os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.offline"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def use_our_packages() -> None:
    """Whichever Python was called, the one that `make` filled goes on."""
    if find_spec("django"):
        return
    if not OURS.exists():
        sys.exit("The packages are not installed yet: run `make demo` or `make check` once, it installs them.")
    os.execv(OURS, [str(OURS), *sys.argv])  # noqa: S606  the arguments are the caller's own


if __name__ == "__main__":
    main()
