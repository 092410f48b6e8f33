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


def guard_statements(table: str, *, partition: bool = False) -> tuple[str, ...]:
    """The SQL that guards one table. A `partition` inherits its parent's row trigger and needs only the rest."""
    act = "EXECUTE FUNCTION refuse_change()"
    row = f'CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW {act}'
    rest = (
        f'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {act}',
        f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{settings.DATABASE_APP_ROLE}"',
    )
    return rest if partition else (row, *rest)
