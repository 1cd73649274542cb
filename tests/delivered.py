"""Rows that migrations deliver (divisions, rules), kept so that they survive a test with real transactions.

Django ends such a test, any with ``live_server`` for one, by emptying every table and filling its own again: a second
each, and the next test would find an installation no company ever has. Here only what was written is taken away.
"""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

# nobody writes to them after the migrations
NOT_OURS = {"django_migrations", "django_content_type", "auth_permission"}
# those of the job queue, which Django does not manage: what nobody ran would run in the next test
QUEUE = ["procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs"]


def keep() -> None:
    """Remember what is in the fresh database and go back to it after every test with real transactions."""
    with connection.cursor() as cursor:
        tables = _tables()
        rows = {table: content for table in tables if (content := _content(cursor, table))}

    def go_back(test: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # no triggers: the rows come with the history they made the first time
            cursor.execute("SET LOCAL session_replication_role = replica")
            # a request of a page that was closed may still be writing
            cursor.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
            changed = {table for table in rows if _content(cursor, table) != rows[table]}
            for table in _filled(cursor, [table for table in tables if table not in rows]) | changed:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table in changed:
                with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(rows[table])

    TransactionTestCase._fixture_teardown = go_back  # type: ignore[method-assign]


def _filled(cursor: Any, tables: list[str]) -> set[str]:
    """Those that hold any row."""
    asks = [sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name)) for name in tables]
    cursor.execute(sql.SQL(" UNION ALL ").join(asks))
    return {name for (name,) in cursor.fetchall()}


def _tables() -> list[str]:
    return [name for name in connection.introspection.django_table_names(only_existing=True) if name not in NOT_OURS] + QUEUE


def _content(cursor: Any, table: str) -> bytes:
    with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
