from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("assessment", "0002_guard_marks"),
    ]

    operations = [
        AllowErasure("assessment_mark", ("reason",)),
    ]
