"""What was said and done in an appeal never changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("appeals", "0001_appeals_and_answers")]
    operations: ClassVar[list[Any]] = [
        GuardAppendOnly("appeals_appealedentry"),
        GuardAppendOnly("appeals_move"),
        GuardAppendOnly("appeals_answer"),
    ]
