import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import lms.db.api
from lms.db.api import GuardAppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInGuard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_index", models.CharField(max_length=64, unique=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("first_failed_at", models.DateTimeField()),
                ("locked_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("username", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=50)),
                ("name_latin", models.CharField(blank=True, max_length=100)),
                ("mobile", lms.db.api.EncryptedTextField(blank=True, purpose="accounts.person.mobile")),
                ("mobile_index", models.CharField(blank=True, max_length=64)),
                ("mobile_verified_at", models.DateTimeField(blank=True, null=True)),
                (
                    "id_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resident_id", "RESIDENT_ID"),
                            ("hk_mo_permit", "HK_MO_PERMIT"),
                            ("tw_permit", "TW_PERMIT"),
                            ("foreign_permanent", "FOREIGN_PERMANENT"),
                            ("passport", "PASSPORT"),
                        ],
                        max_length=20,
                    ),
                ),
                ("id_number", lms.db.api.EncryptedTextField(blank=True, purpose="accounts.person.id_number")),
                ("id_index", models.CharField(blank=True, max_length=64, null=True)),
                ("birth_date", models.DateField(blank=True, null=True)),
                (
                    "gender",
                    models.CharField(
                        blank=True, choices=[("male", "MALE"), ("female", "FEMALE"), ("", "UNKNOWN")], max_length=6
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "DECLARED"), (1, "WELL_FORMED"), (2, "MATCHED"), (3, "SUPERVISED")], default=0
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "简体中文"), ("en", "English")], default="zh-hans", max_length=10
                    ),
                ),
                ("large_type", models.BooleanField(default=False)),
                ("hukou", models.CharField(blank=True, max_length=20)),
                ("draws_pension", models.BooleanField(blank=True, null=True)),
                ("insured", models.BooleanField(blank=True, null=True)),
                ("insured_as_of", models.DateField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("reverify_since", models.DateTimeField(blank=True, null=True)),
                ("consent_withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("session_epoch", models.PositiveIntegerField(default=0)),
                ("joined_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. "
                        "A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("session_epoch", models.PositiveIntegerField()),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bearer_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(max_length=60)),
                ("object_kind", models.CharField(max_length=40)),
                ("object_id", models.CharField(max_length=64)),
                ("purpose", models.CharField(blank=True, max_length=200)),
                ("detail", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("at", models.DateTimeField()),
                (
                    "actor",
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
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(choices=[("platform", "PLATFORM"), ("face", "FACE")], max_length=20)),
                ("version", models.CharField(max_length=20)),
                ("given", models.BooleanField()),
                ("language", models.CharField(max_length=10)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeviceSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="devices", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GroupEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("EMP", "EMP"),
                            ("FLEX", "FLEX"),
                            ("UNEMP", "UNEMP"),
                            ("XB", "XB"),
                            ("RURAL", "RURAL"),
                            ("DIS", "DIS"),
                            ("VET5", "VET5"),
                            ("HARD", "HARD"),
                            ("GRAD-C", "GRAD_C"),
                            ("GRAD-V", "GRAD_V"),
                            ("PRISON", "PRISON"),
                        ],
                        max_length=10,
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("ref", models.CharField(max_length=200)),
                ("recorded_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="groups_proved",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
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
            name="IdentityCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("checksum", "CHECKSUM"),
                            ("two_element", "TWO_ELEMENT"),
                            ("three_element", "THREE_ELEMENT"),
                            ("supervised", "SUPERVISED"),
                        ],
                        max_length=20,
                    ),
                ),
                ("adapter", models.CharField(max_length=40)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("passed", "PASSED"),
                            ("failed", "FAILED"),
                            ("unknown", "UNKNOWN"),
                            ("unreachable", "UNREACHABLE"),
                        ],
                        max_length=12,
                    ),
                ),
                ("level_before", models.PositiveSmallIntegerField()),
                ("level_after", models.PositiveSmallIntegerField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity_checks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="MobileChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("old_mobile", lms.db.api.EncryptedTextField(blank=True, purpose="accounts.mobile_change.old")),
                ("old_index", models.CharField(blank=True, max_length=64)),
                ("new_mobile", lms.db.api.EncryptedTextField(blank=True, purpose="accounts.mobile_change.new")),
                ("new_index", models.CharField(blank=True, max_length=64)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("lost", "LOST"),
                            ("recycled", "RECYCLED"),
                            ("changed", "CHANGED"),
                            ("displaced", "DISPLACED"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mobile_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mobile_index", models.CharField(max_length=64)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("login", "LOGIN"), ("register", "REGISTER"), ("mobile", "MOBILE")], max_length=12
                    ),
                ),
                ("nonce", models.CharField(max_length=32)),
                ("code_hash", models.CharField(max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["mobile_index", "-created_at"], name="code_by_mobile"),
                    models.Index(fields=["ip", "-created_at"], name="code_by_ip"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("enterprise", "ENTERPRISE"),
                            ("provider", "PROVIDER"),
                            ("base", "BASE"),
                            ("authority", "AUTHORITY"),
                            ("assessment_body", "ASSESSMENT_BODY"),
                            ("platform", "PLATFORM"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("name_en", models.CharField(blank=True, max_length=200)),
                ("uscc", models.CharField(blank=True, max_length=18, null=True)),
                ("uscc_note", models.CharField(blank=True, max_length=200)),
                ("district", models.CharField(blank=True, max_length=6)),
                ("address", models.CharField(blank=True, max_length=200)),
                (
                    "size_class",
                    models.CharField(
                        blank=True,
                        choices=[("micro", "MICRO"), ("small", "SMALL"), ("medium", "MEDIUM"), ("large", "LARGE")],
                        max_length=6,
                    ),
                ),
                ("abnormal", models.BooleanField(default=False)),
                ("blacklisted", models.BooleanField(default=False)),
                ("account_name", models.CharField(blank=True, max_length=200)),
                ("account_bank", models.CharField(blank=True, max_length=200)),
                (
                    "account_number",
                    lms.db.api.EncryptedTextField(blank=True, purpose="accounts.organisation.account_number"),
                ),
                ("account_last4", models.CharField(blank=True, max_length=4)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "name"], name="organisation_by_kind")],
                "constraints": [
                    models.UniqueConstraint(fields=("uscc",), name="organisation_uscc_once"),
                    models.CheckConstraint(
                        condition=models.Q(("uscc", ""), _negated=True), name="organisation_uscc_null_not_empty"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("hr", "HR"),
                            ("provider_admin", "PROVIDER_ADMIN"),
                            ("trainer", "TRAINER"),
                            ("base_staff", "BASE_STAFF"),
                            ("assessor", "ASSESSOR"),
                            ("officer", "OFFICER"),
                            ("operator", "OPERATOR"),
                            ("desk", "DESK"),
                        ],
                        max_length=20,
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Employment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contract", "CONTRACT"),
                            ("dispatched_to", "DISPATCHED_TO"),
                            ("platform", "PLATFORM"),
                            ("none", "NONE"),
                        ],
                        max_length=20,
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="employments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "employer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="employments",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["mobile_index"], name="person_by_mobile"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("username", django.db.models.functions.text.Lower("username"))),
                name="person_username_lower",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(fields=("id_index",), name="person_id_number_once"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True), ("mobile_verified_at__isnull", False)),
                fields=("mobile_index",),
                name="person_mobile_one_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("username__regex", "^[0-9+]"), _negated=True), name="person_username_is_no_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mobile_verified_at__isnull", True), models.Q(("mobile_index", ""), _negated=True), _connector="OR"
                ),
                name="person_verified_has_mobile",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("id_index", ""), _negated=True), name="person_id_index_null_not_empty"
            ),
        ),
        migrations.AddIndex(
            model_name="apitoken",
            index=models.Index(
                condition=models.Q(("revoked_at", None)), fields=["person"], name="token_open_by_person"
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["object_kind", "object_id", "at"], name="audit_by_object"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor", "at"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["person", "subject", "-id"], name="consent_latest"),
        ),
        migrations.AddIndex(
            model_name="devicesession",
            index=models.Index(condition=models.Q(("ended_at", None)), fields=["person"], name="device_open_by_person"),
        ),
        migrations.AddConstraint(
            model_name="devicesession",
            constraint=models.UniqueConstraint(fields=("session_key",), name="device_session_key_once"),
        ),
        migrations.AddConstraint(
            model_name="groupevidence",
            constraint=models.UniqueConstraint(
                fields=("person", "code", "valid_from", "ref"), name="group_evidence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="groupevidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"),
                name="group_ends_after_start",
            ),
        ),
        migrations.AddIndex(
            model_name="mobilechange",
            index=models.Index(fields=["old_index"], name="mobile_change_by_old"),
        ),
        migrations.AddIndex(
            model_name="mobilechange",
            index=models.Index(fields=["new_index"], name="mobile_change_by_new"),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["organisation", "role"], name="membership_by_role"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("to_on", None)),
                fields=("person", "organisation", "role"),
                name="membership_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"),
                name="membership_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="employment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("to_on", None)), fields=("person", "employer", "kind"), name="employment_open_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="employment",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on", None), ("to_on__gte", models.F("from_on")), _connector="OR"),
                name="employment_ends_after_start",
            ),
        ),
        GuardAppendOnly("accounts_identitycheck"),
        GuardAppendOnly("accounts_consent"),
        GuardAppendOnly("accounts_mobilechange"),
        GuardAppendOnly("accounts_auditevent"),
    ]
