"""Marks are append-only in the database too."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("assessment", "0001_exams_and_marks")]
    operations: ClassVar[list[Any]] = [GuardAppendOnly("assessment_mark")]
