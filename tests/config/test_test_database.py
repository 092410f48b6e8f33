"""The test database is the owner's, and the tests are the application."""

from __future__ import annotations

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction


def test_tests_connect_as_the_application(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("lms_app", "lms_app")


def test_the_application_cannot_truncate_or_change_the_schema(db: None) -> None:
    for statement in ("TRUNCATE django_session", "ALTER TABLE django_session ADD note text", "CREATE TABLE x (a int)"):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_committed_row_is_gone_in_the_next_test(
    transactional_db: None, owner_connection: psycopg.Connection, turn: int
) -> None:
    made = ContentType.objects.create(app_label="left", model="over")
    seen = owner_connection.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'left'").fetchone()
    assert seen == (1,)
    assert ContentType.objects.filter(app_label="left").count() == 1
    assert made.pk == ContentType.objects.exclude(app_label="left").order_by("-pk").values_list("pk", flat=True)[0] + 1


def test_chinese_trigrams_work(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_length(show_trgm('职业培训'), 1)")
        assert cursor.fetchone() == (5,)
