from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lms.accounts.models
import lms.db.api
from lms.accounts.models import new_salt
from lms.db.api import AllowErasure


def salt_everybody(apps: Any, _schema_editor: Any) -> None:
    """A default would give all present people the same salt."""
    person = apps.get_model("accounts", "Person")
    for pk in person.objects.values_list("pk", flat=True).iterator():
        person.objects.filter(pk=pk).update(salt=new_salt())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(choices=[("asked", "ASKED"), ("retention", "RETENTION")], max_length=12)),
                ("asked_at", models.DateTimeField()),
                ("due_on", models.DateField(null=True)),
                ("checked_on", models.DateField()),
                ("erased_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PersonalValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("commitment", models.CharField(max_length=64, unique=True)),
                ("salt", models.CharField(max_length=64)),
                ("value", lms.db.api.EncryptedTextField(purpose="accounts.personal_value")),
                ("committed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="person",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="person",
            name="salt",
            field=models.CharField(blank=True, default=lms.accounts.models.new_salt, max_length=64),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("id_index", None),
                        ("id_number", ""),
                        ("is_active", False),
                        ("mobile", ""),
                        ("name", ""),
                        ("salt", ""),
                    ),
                    _connector="OR",
                ),
                name="person_erased_is_empty",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="erasure", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="personalvalue",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="personal_values", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="erasure",
            index=models.Index(condition=models.Q(("erased_at", None)), fields=["due_on"], name="erasure_waiting"),
        ),
        migrations.RunPython(salt_everybody, migrations.RunPython.noop),
        AllowErasure("accounts_consent", ("ip",)),
        AllowErasure("accounts_identitycheck", ("note",)),
        AllowErasure("accounts_mobilechange", ("old_mobile", "old_index", "new_mobile", "new_index")),
        AllowErasure("accounts_auditevent", ("purpose", "ip")),
    ]
