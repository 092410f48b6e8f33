"""Sealed filings, the officers' answers and roster amendments are append-only in the database too."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("enrolment", "0001_class_runs")]
    operations: ClassVar[list[Any]] = [
        GuardAppendOnly("enrolment_filingversion"),
        GuardAppendOnly("enrolment_filingverdict"),
        GuardAppendOnly("enrolment_rosteramendment"),
    ]
