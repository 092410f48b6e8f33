"""Frozen curricula are append-only in the database too; the catalogue's index, groups and review workflow exist."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations

from courses.ground import lay_ground
from lms.db.api import GuardAppendOnly


def lay(apps: Any, _schema_editor: Any) -> None:
    lay_ground(apps)


class Migration(migrations.Migration):
    dependencies: ClassVar[list[Any]] = [
        ("courses", "0001_catalogue"),
        ("wagtailadmin", "0005_editingsession_is_editing"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations: ClassVar[list[Any]] = [
        GuardAppendOnly("courses_curriculumversion"),
        migrations.RunPython(lay, migrations.RunPython.noop),
    ]
