from django.db import migrations

from lms.db.api import AllowErasure


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0001_tickets"),
    ]

    operations = [
        AllowErasure("support_answer", ("text",)),
    ]
