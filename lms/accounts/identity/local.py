"""A register kept on this machine: it knows only people whom somebody entered, and says UNKNOWN for all others."""

from __future__ import annotations

import csv
from pathlib import Path

from django.conf import settings

from lms.accounts import rules
from lms.accounts.data import CheckOutcome
from lms.accounts.identity.base import AdapterUnreachable, Answer, Question


class LocalRegister:
    """Looks people up in the CSV file IDENTITY_REGISTER (columns id_number, name; UTF-8; default in STATE_DIR)."""

    code = "local"

    def match(self, question: Question) -> Answer:
        path = Path(
            getattr(
                settings,
                "IDENTITY_REGISTER",
                Path(settings.STATE_DIR) / "identity-register.csv",
            )
        )
        if not path.exists():
            return Answer(outcome=CheckOutcome.UNKNOWN)
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                for row in csv.DictReader(lines):
                    if rules.clean_number(row["id_number"] or "") == question.id_number:
                        same = (row["name"] or "").strip() == question.name
                        return Answer(
                            outcome=CheckOutcome.PASSED if same else CheckOutcome.FAILED,
                            reference=path.name,
                        )
        except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
            raise AdapterUnreachable(self.code) from error
        return Answer(outcome=CheckOutcome.UNKNOWN)
