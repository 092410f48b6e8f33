"""The beats behind each piece of evidence are append-only in the database too. Memories change with every batch: room
in their pages keeps those changes off the index."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [("player", "0001_play_sessions")]
    operations: ClassVar[list[Any]] = [
        GuardAppendOnly("player_watchsegment"),
        migrations.RunSQL(
            "ALTER TABLE player_playmemory SET (fillfactor = 70)", "ALTER TABLE player_playmemory RESET (fillfactor)"
        ),
    ]
