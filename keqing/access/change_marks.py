"""The mark under which rights and choices are remembered (``keqing.kit.remembered``), and what moves it on.

A change of a watched table inserts a line; the mark is the sum of the lines a reader sees, so it moves when the change
is committed, for every process at once, and no two changes wait for each other as they would for one counting row.
"""

from django.db import connection, migrations

FUNCTION = """
CREATE FUNCTION access_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO access_changemark (n) VALUES (1);
    RETURN NULL;
END $$
"""


def watch(table: str, *, columns: str = "") -> migrations.RunSQL:
    """For a migration: statements that change ``table`` move the mark on; ``columns`` limits which updates count."""
    update = f"UPDATE OF {columns}" if columns else "UPDATE"
    return migrations.RunSQL(
        f"CREATE TRIGGER note_change AFTER INSERT OR DELETE OR {update} OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_note_change()",
        f"DROP TRIGGER note_change ON {table}",
    )


def gather() -> None:
    """Put the lines together into one with the same sum, so that reading the mark stays a matter of one page."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM access_changemark RETURNING n) "
            "INSERT INTO access_changemark (n) SELECT sum(n) FROM gone HAVING count(*) > 0"
        )
