import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lms.db.api
from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(blank=True, max_length=50)),
                ("mobile", lms.db.api.EncryptedTextField(blank=True, purpose="support.ticket.mobile")),
                ("text", models.TextField()),
                ("path", models.CharField(blank=True, max_length=500)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("view_name", models.CharField(blank=True, max_length=100)),
                ("kwargs", models.JSONField(default=dict)),
                ("class_run_id", models.BigIntegerField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("language", models.CharField(max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "WAITING"), ("answered", "ANSWERED"), ("closed", "CLOSED")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("answer_due_at", models.DateTimeField(null=True)),
                ("solve_due_on", models.DateField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by_staff", models.BooleanField()),
                ("text", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="support.ticket"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["state", "answer_due_at"], name="ticket_by_state"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["person", "-id"], name="ticket_by_person"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer_due_at__isnull", False), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("answer_due_at__isnull", True)),
                    _connector="OR",
                ),
                name="ticket_timer_runs_while_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", True)),
                    _connector="OR",
                ),
                name="ticket_closed_has_time",
            ),
        ),
        GuardAppendOnly("support_answer"),
    ]
