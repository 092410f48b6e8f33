import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import lms.ledger.fields

ENTRY = """
CREATE TABLE ledger_entry (
    id bigint GENERATED ALWAYS AS IDENTITY,
    learner_id bigint NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    kind varchar(8) NOT NULL CHECK (kind IN ('credit', 'refusal', 'result', 'reversal')),
    reason varchar(24) NOT NULL,
    enrolment_id bigint NOT NULL,
    class_run_id bigint NOT NULL,
    unit_key varchar(64) NOT NULL,
    mode varchar(12) NOT NULL,
    day date NOT NULL,
    seconds integer NOT NULL,
    milliseconds bigint NOT NULL,
    pieces jsonb NOT NULL,
    evidence_id uuid NOT NULL,
    evidence_digest varchar(64) NOT NULL,
    part integer NOT NULL CHECK (part >= 0),
    source varchar(32) NOT NULL,
    source_revision integer NOT NULL,
    captured_by varchar(64) NOT NULL,
    hour_pack varchar(40) NOT NULL,
    detail jsonb NOT NULL,
    hash_version smallint NOT NULL,
    prev_hash varchar(64) NOT NULL,
    entry_hash varchar(64) NOT NULL,
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (learner_id, seq, sealed_at),
    CONSTRAINT ledger_entry_signs CHECK (
        CASE kind
            WHEN 'credit' THEN milliseconds > 0 AND seconds BETWEEN 0 AND milliseconds / 1000 + 1
            WHEN 'refusal' THEN milliseconds > 0 AND seconds = milliseconds / 1000
            WHEN 'result' THEN milliseconds = 0 AND seconds = 0
            ELSE milliseconds <= 0 AND seconds <= 0
        END
    )
) PARTITION BY RANGE (sealed_at);
CREATE INDEX ledger_entry_enrolment ON ledger_entry (enrolment_id, seq);
"""

ENTRY_KEY = """
CREATE TABLE ledger_entrykey (
    id bigint GENERATED ALWAYS AS IDENTITY,
    evidence_id uuid NOT NULL,
    part integer NOT NULL,
    kind varchar(8) NOT NULL,
    reversal boolean NOT NULL,
    learner_id bigint NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT ledger_once_per_part UNIQUE (evidence_id, part, kind, reversal),
    CONSTRAINT ledger_once_per_seq UNIQUE (learner_id, seq)
);
"""

# No piece of time crosses a month (each is cut at midnight in Asia/Shanghai), so the partitions miss no overlap.
OCCUPIED = """
CREATE TABLE ledger_occupied (
    learner_id bigint NOT NULL,
    month_on date NOT NULL CHECK (month_on = date_trunc('month', month_on::timestamp)::date),
    during int8range NOT NULL CHECK (NOT isempty(during)),
    seq bigint NOT NULL,
    CONSTRAINT ledger_no_second_twice EXCLUDE USING gist (learner_id WITH =, month_on WITH =, during WITH &&)
) PARTITION BY RANGE (month_on);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_people"),
        ("enrolment", "0002_guard_filings"),
        ("evidence", "0001_sealed_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "learner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seq", models.BigIntegerField(default=0)),
                ("entry_hash", models.CharField(default="", max_length=64)),
            ],
            options={
                "db_table": "ledger_head",
            },
        ),
        migrations.CreateModel(
            name="Coverage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "enrolment_id", "unit_key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("unit_key", models.CharField(max_length=64)),
                ("class_run_id", models.BigIntegerField(db_index=True)),
                ("mode", models.CharField(max_length=12)),
                ("covered", lms.ledger.fields.SpansField()),
                ("covered_ms", models.BigIntegerField()),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="enrolment.enrolment",
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "ledger_coverage",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("covered_ms__gte", 0)), name="ledger_coverage_not_negative"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DayHead",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "learner_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("online_ms", models.BigIntegerField()),
                ("practice_ms", models.BigIntegerField()),
                ("total_ms", models.BigIntegerField()),
                (
                    "learner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ledger_dayhead",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("online_ms__gte", 0), ("practice_ms__gte", 0), ("total_ms__gte", 0)),
                        name="ledger_dayhead_not_negative",
                    )
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(ENTRY, "DROP TABLE ledger_entry"),
                migrations.RunSQL(ENTRY_KEY, "DROP TABLE ledger_entrykey"),
                migrations.RunSQL(OCCUPIED, "DROP TABLE ledger_occupied"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("seq", models.BigIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("credit", "credit"),
                                    ("refusal", "refusal"),
                                    ("result", "result"),
                                    ("reversal", "reversal"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("reason", models.CharField(max_length=24)),
                        ("class_run_id", models.BigIntegerField()),
                        ("unit_key", models.CharField(max_length=64)),
                        ("mode", models.CharField(max_length=12)),
                        ("day", models.DateField()),
                        ("seconds", models.IntegerField()),
                        ("milliseconds", models.BigIntegerField()),
                        ("pieces", models.JSONField()),
                        ("evidence_digest", models.CharField(max_length=64)),
                        ("part", models.IntegerField()),
                        ("source", models.CharField(max_length=32)),
                        ("source_revision", models.IntegerField()),
                        ("captured_by", models.CharField(max_length=64)),
                        ("hour_pack", models.CharField(max_length=40)),
                        ("detail", models.JSONField()),
                        ("hash_version", models.SmallIntegerField()),
                        ("prev_hash", models.CharField(max_length=64)),
                        ("entry_hash", models.CharField(max_length=64)),
                        ("sealed_at", models.DateTimeField()),
                        (
                            "enrolment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrolment.enrolment",
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.sealedevidence",
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
                        "db_table": "ledger_entry",
                        "indexes": [models.Index(fields=["enrolment", "seq"], name="ledger_entry_enrolment")],
                    },
                ),
                migrations.CreateModel(
                    name="EntryKey",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("part", models.IntegerField()),
                        ("kind", models.CharField(max_length=8)),
                        ("reversal", models.BooleanField()),
                        ("seq", models.BigIntegerField()),
                        (
                            "evidence",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="evidence.sealedevidence",
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
                        "db_table": "ledger_entrykey",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("evidence", "part", "kind", "reversal"), name="ledger_once_per_part"
                            ),
                            models.UniqueConstraint(fields=("learner", "seq"), name="ledger_once_per_seq"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OccupiedTime",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "learner_id",
                                "month_on",
                                "during",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("month_on", models.DateField()),
                        ("during", django.contrib.postgres.fields.ranges.BigIntegerRangeField()),
                        ("seq", models.BigIntegerField()),
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
                        "db_table": "ledger_occupied",
                    },
                ),
            ],
        ),
    ]
