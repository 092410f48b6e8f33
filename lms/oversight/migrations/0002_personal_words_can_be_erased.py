from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0001_flags_and_decisions"),
    ]

    operations = [
        AllowErasure("oversight_flagdecision", ("reason",)),
    ]
