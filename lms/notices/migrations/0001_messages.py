import django.db.models.deletion
from django.db import migrations, models

import lms.db.api
from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "channel",
                    models.CharField(choices=[("inbox", "INBOX"), ("sms", "SMS"), ("mail", "MAIL")], max_length=10),
                ),
                ("address", lms.db.api.EncryptedTextField(purpose="notices.delivery.address")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "QUEUED"),
                            ("leased", "LEASED"),
                            ("sent", "SENT"),
                            ("given_up", "GIVEN_UP"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("idempotency_key", models.UUIDField(unique=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LocalMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mobile", lms.db.api.EncryptedTextField(purpose="notices.local.mobile")),
                ("text", lms.db.api.EncryptedTextField(purpose="notices.local.text")),
                ("idempotency_key", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(max_length=10)),
                ("adapter", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=40)),
                ("number", models.PositiveSmallIntegerField()),
                ("sent", models.BooleanField()),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="log",
                        to="notices.delivery",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.BigIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("credit_refused", "CREDIT_REFUSED"),
                            ("record_issued", "RECORD_ISSUED"),
                            ("record_revoked", "RECORD_REVOKED"),
                            ("decision_made", "DECISION_MADE"),
                            ("claim_submitted", "CLAIM_SUBMITTED"),
                            ("claim_decided", "CLAIM_DECIDED"),
                            ("enrolled", "ENROLLED"),
                            ("mobile_replaced", "MOBILE_REPLACED"),
                            ("mobile_taken_over", "MOBILE_TAKEN_OVER"),
                            ("consent_withdrawn", "CONSENT_WITHDRAWN"),
                            ("practice_missing_signout", "PRACTICE_MISSING_SIGNOUT"),
                            ("ticket_answered", "TICKET_ANSWERED"),
                            ("upload_failed", "UPLOAD_FAILED"),
                        ],
                        max_length=40,
                    ),
                ),
                ("params", models.JSONField(default=dict)),
                ("language", models.CharField(max_length=10)),
                ("key", models.CharField(max_length=200, unique=True)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person_id", "-id"], name="notice_by_person"),
                    models.Index(condition=models.Q(("read_at", None)), fields=["person_id"], name="notice_unread"),
                ],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="notice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="notices.notice"
            ),
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("credit_refused", "CREDIT_REFUSED"),
                            ("record_issued", "RECORD_ISSUED"),
                            ("record_revoked", "RECORD_REVOKED"),
                            ("decision_made", "DECISION_MADE"),
                            ("claim_submitted", "CLAIM_SUBMITTED"),
                            ("claim_decided", "CLAIM_DECIDED"),
                            ("enrolled", "ENROLLED"),
                            ("mobile_replaced", "MOBILE_REPLACED"),
                            ("mobile_taken_over", "MOBILE_TAKEN_OVER"),
                            ("consent_withdrawn", "CONSENT_WITHDRAWN"),
                            ("practice_missing_signout", "PRACTICE_MISSING_SIGNOUT"),
                            ("ticket_answered", "TICKET_ANSWERED"),
                            ("upload_failed", "UPLOAD_FAILED"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "channel",
                    models.CharField(choices=[("inbox", "INBOX"), ("sms", "SMS"), ("mail", "MAIL")], max_length=10),
                ),
                ("wanted", models.BooleanField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("person_id", "kind", "channel"), name="preference_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "leased"])), fields=["next_attempt_at"], name="delivery_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("notice", "channel"), name="delivery_once_per_channel"),
        ),
        GuardAppendOnly("notices_deliveryattempt"),
    ]
