"""`run_policy_cases FILE.json [--pack ID]`: every case decided, one JSON object a line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from lms.subsidy.cases import CaseFileError, choose_packs, decide_case, read_cases
from lms.subsidy.casewords import CaseError
from lms.subsidy.data import PackError
from lms.subsidy.shelf import shipped_pack_set

_MALFORMED = 2


class Command(BaseCommand):
    """Needs no database and no engine. Exit 0 whatever the decisions say, 2 if the file or a case can't be read."""

    help = "Decide a file of policy cases with the shipped policy packs (format: docs/policy-cases.md)."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="JSON file of cases")
        parser.add_argument("--pack", help="pack or version id, e.g. REF-SH or REF-SH-2026.2; default: by programme")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            cases = read_cases(Path(options["file"]).read_text(encoding="utf-8"))
            pack_set, version = choose_packs(shipped_pack_set(), options["pack"])
        except (OSError, UnicodeDecodeError, CaseFileError, PackError) as error:
            self._refuse(f"{options['file']}: {error}")
        unreadable = 0
        for case in cases:
            try:
                self.stdout.write(decide_case(pack_set, case, version=version).as_json())
            except CaseError as error:
                unreadable += 1
                self.stderr.write(f"case {case.case_id}: {error} (案例无法读取)")
        if unreadable:
            self._refuse(f"{unreadable} of {len(cases)} cases can't be read")

    def _refuse(self, message: str) -> NoReturn:
        self.stderr.write(f"Malformed policy cases (案例文件格式有误): {message}")
        sys.exit(_MALFORMED)
