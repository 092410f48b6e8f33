"""Migration operations that put the house's most important invariant into the database itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.migrations.operations.base import Operation

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


_REFUSE_ALL_BUT_ERASURE = """
CREATE OR REPLACE FUNCTION refuse_all_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD);
    new_row jsonb;
    personal text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        new_row := to_jsonb(NEW);
        FOREACH personal IN ARRAY TG_ARGV LOOP
            IF new_row -> personal IS DISTINCT FROM old_row -> personal
               AND coalesce(new_row ->> personal, '') NOT IN ('', '—', '{}') THEN
                RAISE EXCEPTION 'table % is append-only: % can only be erased', TG_TABLE_NAME, personal
                    USING ERRCODE = 'restrict_violation';
            END IF;
            old_row := old_row - personal;
            new_row := new_row - personal;
        END LOOP;
        IF old_row = new_row THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'table % is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class GuardAppendOnly(Operation):
    """After it, the database refuses UPDATE, DELETE and TRUNCATE on `table`, whoever asks, and the application's
    role lacks the privilege besides. A row trigger set on a partitioned table covers its present and later partitions;
    TRUNCATE triggers do not, so whoever makes a partition guards it with `guard_statements`."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def deconstruct(self) -> Any:
        return type(self).__name__, [self.table], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(_REFUSE, params=None)  # its % signs are no placeholders
        for statement in guard_statements(self.table):
            schema_editor.execute(statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        name = schema_editor.quote_name(self.table)
        role = schema_editor.quote_name(settings.DATABASE_APP_ROLE)
        schema_editor.execute(f"DROP TRIGGER refuse_row_change ON {name}")
        schema_editor.execute(f"DROP TRIGGER refuse_truncate ON {name}")
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {name} TO {role}")

    def describe(self) -> str:
        return f"Make {self.table} append-only"


class AllowErasure(Operation):
    """After it, the named columns of a guarded table may be emptied (to '', '—' or {}), never changed otherwise and
    never filled again; every other column stays as it was written. For personal words that no digest covers: what a
    digest covers holds a commitment instead."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        self.table = table
        self.columns = columns

    def deconstruct(self) -> Any:
        return type(self).__name__, [self.table, self.columns], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        name = schema_editor.quote_name(self.table)
        listed = ", ".join(f"'{column}'" for column in self.columns)
        schema_editor.execute(_REFUSE_ALL_BUT_ERASURE, params=None)
        self._guard_rows(schema_editor, f"refuse_all_but_erasure({listed})")
        granted = ", ".join(schema_editor.quote_name(column) for column in self.columns)
        schema_editor.execute(f"GRANT UPDATE ({granted}) ON {name} TO {_role(schema_editor)}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        name = schema_editor.quote_name(self.table)
        granted = ", ".join(schema_editor.quote_name(column) for column in self.columns)
        schema_editor.execute(f"REVOKE UPDATE ({granted}) ON {name} FROM {_role(schema_editor)}")
        self._guard_rows(schema_editor, "refuse_change()")

    def describe(self) -> str:
        return f"Let personal words in {self.table} be erased"

    def _guard_rows(self, schema_editor: Any, act: str) -> None:
        name = schema_editor.quote_name(self.table)
        schema_editor.execute(f"DROP TRIGGER refuse_row_change ON {name}")
        schema_editor.execute(
            f"CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {act}"
        )


def _role(schema_editor: Any) -> str:
    quoted: str = schema_editor.quote_name(settings.DATABASE_APP_ROLE)
    return quoted


def guard_statements(table: str, *, partition: bool = False) -> tuple[str, ...]:
    """The SQL that guards one table. A `partition` inherits its parent's row trigger and needs only the rest."""
    act = "EXECUTE FUNCTION refuse_change()"
    row = f'CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW {act}'
    rest = (
        f'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {act}',
        f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{settings.DATABASE_APP_ROLE}"',
    )
    return rest if partition else (row, *rest)
