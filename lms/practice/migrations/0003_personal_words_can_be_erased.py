from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0002_guard_signatures"),
    ]

    operations = [
        AllowErasure("practice_signoff", ("note",)),
        AllowErasure("practice_correction", ("reason",)),
    ]
