from django.conf import settings
from django.db import migrations

from lms.db.api import GuardAppendOnly

# Runs with its owner's rights, so that a daily task of the application can make partitions and nothing else.
# A month that already has rows in the default partition stays there: slower, not wrong.
MAKE_PARTITIONS = """
CREATE FUNCTION ledger_make_partitions(first_on date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month_on date;
    next_on date;
    suffix text;
    made integer := 0;
BEGIN
    IF months NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'between 1 and 60 months at once, not %', months;
    END IF;
    FOR ahead IN 0 .. months - 1 LOOP
        month_on := (date_trunc('month', first_on::timestamp) + make_interval(months => ahead))::date;
        next_on := (month_on + interval '1 month')::date;
        suffix := to_char(month_on, 'YYYY_MM');
        BEGIN
            IF to_regclass('ledger_entry_' || suffix) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF ledger_entry FOR VALUES FROM (%L) TO (%L)',
                    'ledger_entry_' || suffix,
                    month_on::timestamp AT TIME ZONE 'Asia/Shanghai', next_on::timestamp AT TIME ZONE 'Asia/Shanghai');
                PERFORM ledger_guard_partition('ledger_entry_' || suffix);
                made := made + 1;
            END IF;
            IF to_regclass('ledger_occupied_' || suffix) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF ledger_occupied FOR VALUES FROM (%L) TO (%L)',
                    'ledger_occupied_' || suffix, month_on, next_on);
                made := made + 1;
            END IF;
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'ledger: % has rows in the default partition and stays there', suffix;
        END;
    END LOOP;
    RETURN made;
END $$;
"""

# A partition inherits the row trigger of its parent; TRUNCATE triggers and privileges are its own.
GUARD_PARTITION = f"""
CREATE FUNCTION ledger_guard_partition(name text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I', name, '{settings.DATABASE_APP_ROLE}');
END $$;
"""

ACCESS = f"""
REVOKE ALL ON FUNCTION ledger_guard_partition(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION ledger_make_partitions(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_make_partitions(date, integer) TO "{settings.DATABASE_APP_ROLE}";
"""

FIRST_PARTITIONS = """
CREATE TABLE ledger_entry_default PARTITION OF ledger_entry DEFAULT;
SELECT ledger_guard_partition('ledger_entry_default');
CREATE TABLE ledger_occupied_default PARTITION OF ledger_occupied DEFAULT;
SELECT ledger_make_partitions((current_date - interval '12 months')::date, 16);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries_and_projections")]

    operations = [
        GuardAppendOnly("ledger_entry"),
        GuardAppendOnly("ledger_entrykey"),
        migrations.RunSQL(
            [GUARD_PARTITION, MAKE_PARTITIONS, ACCESS],
            "DROP FUNCTION ledger_make_partitions(date, integer); DROP FUNCTION ledger_guard_partition(text)",
        ),
        migrations.RunSQL(FIRST_PARTITIONS, migrations.RunSQL.noop),
    ]
