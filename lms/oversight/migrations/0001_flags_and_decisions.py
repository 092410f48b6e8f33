import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("enrolment", "0002_guard_filings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WatchProgress",
            fields=[
                ("stream", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("last_id", models.CharField(max_length=36)),
            ],
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                (
                    "subject_kind",
                    models.CharField(
                        choices=[("learner", "LEARNER"), ("session", "SESSION"), ("device", "DEVICE")], max_length=16
                    ),
                ),
                ("subject", models.CharField(max_length=64)),
                ("window_from", models.DateTimeField()),
                ("window_to", models.DateTimeField()),
                ("figures", models.JSONField()),
                ("raised_at", models.DateTimeField()),
                (
                    "class_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrolment.classrun"
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="enrolment.enrolment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FlagDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(choices=[("cleared", "CLEARED"), ("confirmed", "CONFIRMED")], max_length=16),
                ),
                ("reason", models.CharField(max_length=500)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="oversight.flag"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeviceUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("device", models.CharField(max_length=24)),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("day", "device", "learner"), name="deviceuse_once")],
            },
        ),
        migrations.AddIndex(
            model_name="flag",
            index=models.Index(fields=["class_run", "-raised_at"], name="flag_by_class"),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.UniqueConstraint(
                fields=("rule", "subject_kind", "subject", "class_run", "window_from"), name="flag_once_per_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="flagdecision",
            constraint=models.UniqueConstraint(fields=("flag", "number"), name="flagdecision_in_order"),
        ),
        GuardAppendOnly("oversight_flag"),
        GuardAppendOnly("oversight_flagdecision"),
    ]
