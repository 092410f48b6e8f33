from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        migrations.CreateModel(
            name="OutboxEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("topic", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=200)),
                ("occurred_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": (
                    models.UniqueConstraint(fields=["topic", "key"], name="outbox_once_per_topic_and_key"),
                ),
                "indexes": (
                    models.Index(condition=models.Q(("done_at", None)), fields=["due_at", "id"], name="outbox_due"),
                ),
            },
        ),
    ]
