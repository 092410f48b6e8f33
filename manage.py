#!/usr/bin/env python
"""Run a management command; the commands that change the schema connect as the owner."""

import os
import sys

OWNER_COMMANDS = frozenset({"migrate", "sqlmigrate", "make_partitions"})


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.config.settings.dev")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
