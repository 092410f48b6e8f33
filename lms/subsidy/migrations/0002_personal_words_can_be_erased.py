from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("subsidy", "0001_decisions"),
    ]

    operations = [
        AllowErasure("subsidy_decision", ("facts", "assessment")),
    ]
