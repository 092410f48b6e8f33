"""Sign-offs and corrections are append-only in the database too."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("practice", "0001_sessions_and_attendance")]
    operations: ClassVar[list[Any]] = [
        GuardAppendOnly("practice_signoff"),
        GuardAppendOnly("practice_correction"),
        GuardAppendOnly("practice_correctionverdict"),
    ]
