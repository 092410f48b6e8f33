#!/usr/bin/env python
"""Run a management command with the settings and the database role that it needs."""

import os
import sys

OWNER_COMMANDS = frozenset({"migrate", "sqlmigrate"})  # they change the schema
OFFLINE_COMMANDS = frozenset({"run_policy_cases"})  # they read files and print


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in OFFLINE_COMMANDS:
        os.environ["DJANGO_SETTINGS_MODULE"] = "lms.config.settings.offline"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
