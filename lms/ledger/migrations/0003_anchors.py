import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_guards_and_partitions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(unique=True)),
                ("prev_root", models.CharField(blank=True, max_length=64)),
                ("leaves", models.BigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("anchored_at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={
                "db_table": "ledger_anchor",
            },
        ),
        migrations.CreateModel(
            name="AnchorLeaf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField()),
                ("entry_hash", models.CharField(max_length=64)),
                (
                    "anchor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.anchor",
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ledger_anchorleaf",
                "constraints": [
                    models.UniqueConstraint(fields=("anchor", "learner"), name="ledger_leaf_once_per_anchor"),
                    models.UniqueConstraint(fields=("learner", "seq"), name="ledger_leaf_once_per_seq"),
                ],
            },
        ),
        GuardAppendOnly("ledger_anchor"),
        GuardAppendOnly("ledger_anchorleaf"),
    ]
