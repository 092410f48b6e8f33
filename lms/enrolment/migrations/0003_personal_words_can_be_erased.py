from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("enrolment", "0002_guard_filings"),
    ]

    operations = [
        AllowErasure("enrolment_rosteramendment", ("reason",)),
    ]
